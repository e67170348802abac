"""Which alert a sighting belongs to: one a person, source and window, by event time.

A window opens at its first sighting's event time and lasts the watchlist's cooldown after its last one. Nothing here
depends on when or how often a sighting arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sightline.chassis.ids import derived_id
from sightline.v1 import alert_service_pb2 as pb

if TYPE_CHECKING:
    from datetime import timedelta

    from sightline.v1 import events_pb2, records_pb2

# Far more windows than a redelivery can reach back over.
MAX_WINDOWS = 64


@dataclass(frozen=True)
class Placement:
    """The window of a sighting; `changed` unless the sighting was known, `opened` where it raises a new alert."""

    window: records_pb2.AlertWindow
    changed: bool
    opened: bool


def place(record: records_pb2.AlertRecord, sighting: events_pb2.Sighting) -> Placement:
    """Puts the sighting into the record: into the window that it belongs to, else into a new one."""
    window = _find(record, sighting)
    opened = window is None
    if window is None:
        window = record.windows.add(alert=_new_alert(sighting))
        while len(record.windows) > MAX_WINDOWS:
            del record.windows[0]
        window = record.windows[-1]
    elif sighting.revision <= window.tracks[sighting.track_id]:
        return Placement(window, changed=False, opened=False)
    window.tracks[sighting.track_id] = sighting.revision
    _absorb(window.alert, sighting)
    return Placement(window, changed=True, opened=opened)


def _find(record: records_pb2.AlertRecord, sighting: events_pb2.Sighting) -> records_pb2.AlertWindow | None:
    at, cooldown = _time(sighting.event_time), sighting.cooldown.ToTimedelta()
    for window in record.windows:
        if sighting.track_id in window.tracks:
            return window
    for window in record.windows:
        if _covers(window.alert, at, cooldown):
            return window
    return None


def _covers(alert: pb.Alert, at: datetime, cooldown: timedelta) -> bool:
    return _time(alert.start_time) - cooldown <= at <= _time(alert.end_time) + cooldown


def _new_alert(sighting: events_pb2.Sighting) -> pb.Alert:
    person = sighting.candidates[0]
    alert = pb.Alert(
        id=derived_id(sighting.watchlist_id, person.person_id, sighting.source, sighting.track_id),
        state=pb.ALERT_STATE_RAISED,
        watchlist_id=sighting.watchlist_id,
        source=sighting.source,
        start_time=sighting.event_time,
        end_time=sighting.event_time,
        review_policy=sighting.review_policy,
    )
    alert.create_time.GetCurrentTime()
    return alert


def _absorb(alert: pb.Alert, sighting: events_pb2.Sighting) -> None:
    alert.revision += 1
    alert.update_time.GetCurrentTime()
    if _time(sighting.event_time) < _time(alert.start_time):
        alert.start_time.CopyFrom(sighting.event_time)
    if _time(sighting.event_time) > _time(alert.end_time):
        alert.end_time.CopyFrom(sighting.event_time)
    if sighting.track_id not in alert.track_ids:
        alert.track_ids.append(sighting.track_id)
    if sighting.candidates[0].cosine > alert.person.cosine or not alert.person.person_id:
        alert.person.CopyFrom(sighting.candidates[0])
        alert.sighting.CopyFrom(sighting)
        # Pixels are evidence: they are kept there, with a retention of their own.
        alert.sighting.ClearField("crop")


def _time(stamp: object) -> datetime:
    return stamp.ToDatetime(UTC)  # type: ignore[attr-defined, no-any-return]  # protobuf's stubs name no public type for Timestamp
