"""Alerts as notify has them, for those who are to be told."""

from __future__ import annotations

from fakes import sighting_of

from sightline.chassis.ids import derived_id
from sightline.v1 import alert_service_pb2 as alerts_pb
from sightline.v1 import gallery_service_pb2


def alert_of(number, revision=1, state=alerts_pb.ALERT_STATE_RAISED, policy=gallery_service_pb2.REVIEW_POLICY_NONE):
    """An alert of that number, as it is in that revision."""
    sighting = sighting_of("a" * 26, number, review_policy=policy, gallery_hash=b"\x01\x02", gallery_size=7)
    alert = alerts_pb.Alert(
        id=derived_id("alert", str(number)),
        state=state,
        revision=revision,
        watchlist_id=sighting.watchlist_id,
        person=sighting.candidates[0],
        source=sighting.source,
        start_time=sighting.event_time,
        end_time=sighting.event_time,
        sighting=sighting,
        track_ids=[sighting.track_id],
        review_policy=policy,
        evidence=alerts_pb.EVIDENCE_KIND_SNAPSHOT,
    )
    alert.sighting.ClearField("crop")
    alert.create_time.GetCurrentTime()
    alert.update_time.GetCurrentTime()
    return alert
