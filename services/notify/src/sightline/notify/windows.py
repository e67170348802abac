"""Which alert a track belongs to: one a person, source and window, by event time.

A window opens at its first sighting's event time and lasts the watchlist's cooldown after its last one. Nothing here
depends on when or how often a sighting arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sightline.chassis.ids import derived_id

if TYPE_CHECKING:
    from datetime import timedelta

    from sightline.v1 import events_pb2, records_pb2

# Far more windows than a redelivery can reach back over.
MAX_WINDOWS = 64
# Of a window: whoever stays in view for hours is another alert then, and no record outgrows a message of the broker.
MAX_TRACKS = 250


@dataclass(frozen=True)
class Placement:
    """The window of a sighting; `changed` where it is new, or another one than before."""

    window: records_pb2.AlertWindow
    changed: bool


def place(record: records_pb2.AlertWindows, sighting: events_pb2.Sighting) -> Placement:
    """Puts the sighting into the window that it belongs to, else into a new one."""
    window = window_of(record, sighting.track_id) or _covering(record, sighting) or _opened(record, sighting)
    before = window.SerializeToString(deterministic=True)
    _widen(window, sighting)
    return Placement(window, window.SerializeToString(deterministic=True) != before)


def window_of(record: records_pb2.AlertWindows, track_id: str) -> records_pb2.AlertWindow | None:
    """The window that has the track."""
    return next((window for window in record.windows if track_id in window.track_ids), None)


def close(window: records_pb2.AlertWindow, track_id: str) -> None:
    """Lets the track, which its alert does not know, begin an alert of its own, and every other one that comes."""
    window.closed = True
    window.track_ids.remove(track_id)


def _covering(record: records_pb2.AlertWindows, sighting: events_pb2.Sighting) -> records_pb2.AlertWindow | None:
    at, cooldown = _time(sighting.event_time), sighting.cooldown.ToTimedelta()
    return next((window for window in record.windows if _has_room(window) and _covers(window, at, cooldown)), None)


def _has_room(window: records_pb2.AlertWindow) -> bool:
    return not window.closed and len(window.track_ids) < MAX_TRACKS


def _covers(window: records_pb2.AlertWindow, at: datetime, cooldown: timedelta) -> bool:
    return _time(window.start_time) - cooldown <= at <= _time(window.end_time) + cooldown


def _opened(record: records_pb2.AlertWindows, sighting: events_pb2.Sighting) -> records_pb2.AlertWindow:
    person = sighting.candidates[0].person_id
    alert_id = derived_id(sighting.watchlist_id, person, sighting.source, sighting.track_id)
    record.windows.add(alert_id=alert_id)
    del record.windows[:-MAX_WINDOWS]
    return record.windows[-1]


def _widen(window: records_pb2.AlertWindow, sighting: events_pb2.Sighting) -> None:
    if sighting.track_id not in window.track_ids:
        window.track_ids.append(sighting.track_id)
    if not window.HasField("start_time") or _time(sighting.event_time) < _time(window.start_time):
        window.start_time.CopyFrom(sighting.event_time)
    if _time(sighting.event_time) > _time(window.end_time):
        window.end_time.CopyFrom(sighting.event_time)


def _time(stamp: object) -> datetime:
    return stamp.ToDatetime(UTC)  # type: ignore[attr-defined, no-any-return]  # protobuf's stubs name no public type for Timestamp
