"""What an alert is made of, and what another sighting adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.notify.alert_states import enter, is_redacted, revise
from sightline.notify.review import reviews_wanted
from sightline.v1 import alert_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.v1 import events_pb2, records_pb2


def absorb(record: records_pb2.AlertRecord, alert_id: str, sighting: events_pb2.Sighting, sequence: int) -> bool:
    """Takes the sighting into its alert, which is raised where there is none yet; False where it was known.

    Args:
        record: of the alert; empty where there is none.
        alert_id: its id.
        sighting: of the alert's person at its source.
        sequence: where the sighting lies in SIGHTINGS.
    """
    if sighting.revision <= record.tracks[sighting.track_id]:
        return False
    if record.alert.id:
        revise(record.alert)
    else:
        _raise(record, alert_id, sighting)
    record.tracks[sighting.track_id] = sighting.revision
    record.sighting_sequences.append(sequence)
    if is_redacted(record.alert):
        # It came behind the erasure, and is to go as the others did.
        return True
    if _grow(record.alert, sighting):
        record.best_sequence = sequence
    return True


def _raise(record: records_pb2.AlertRecord, alert_id: str, sighting: events_pb2.Sighting) -> None:
    alert = record.alert
    alert.id, alert.watchlist_id, alert.source = alert_id, sighting.watchlist_id, sighting.source
    alert.start_time.CopyFrom(sighting.event_time)
    alert.end_time.CopyFrom(sighting.event_time)
    alert.review_policy, alert.priority = sighting.review_policy, sighting.priority
    alert.review_rules.CopyFrom(sighting.review_rules)
    alert.reviews_missing = reviews_wanted(alert.review_policy)
    enter(record, pb.ALERT_STATE_RAISED, "SIGHTED")
    alert.create_time.CopyFrom(alert.update_time)
    if alert.reviews_missing and alert.review_rules.HasField("expire_after"):
        deadline = alert.create_time.ToDatetime() + alert.review_rules.expire_after.ToTimedelta()
        alert.expire_time.FromDatetime(deadline)


def _grow(alert: pb.Alert, sighting: events_pb2.Sighting) -> bool:
    """Whether the alert shows this sighting from now on."""
    if sighting.event_time.ToNanoseconds() < alert.start_time.ToNanoseconds():
        alert.start_time.CopyFrom(sighting.event_time)
    if sighting.event_time.ToNanoseconds() > alert.end_time.ToNanoseconds():
        alert.end_time.CopyFrom(sighting.event_time)
    if sighting.track_id not in alert.track_ids:
        alert.track_ids.append(sighting.track_id)
    if alert.person.person_id and sighting.candidates[0].cosine <= alert.person.cosine:
        return False
    alert.person.CopyFrom(sighting.candidates[0])
    alert.sighting.CopyFrom(sighting)
    # Pixels are evidence: they are kept there, with a retention of their own.
    alert.sighting.ClearField("crop")
    return True
