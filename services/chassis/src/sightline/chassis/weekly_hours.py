"""Weekly hours of the clock on a wall: when a camera is watched, when somebody is not to be disturbed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sightline.v1 import camera_service_pb2 as pb

_WEEK = 7


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name in the IANA database; UTC without one. Raises InvalidInput TIME_ZONE_UNKNOWN."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput("TIME_ZONE_UNKNOWN", f"{name!r} is no time zone; name one as in Europe/Berlin.") from error


def is_open(schedule: pb.Schedule, now: datetime) -> bool:
    """Whether these hours hold now, an aware time. Raises InvalidInput TIME_ZONE_UNKNOWN."""
    return any(start <= now < end for start, end in _hours_around(schedule, now))


def opens_at(schedule: pb.Schedule, now: datetime) -> datetime | None:
    """When hours begin next, in the schedule's zone; None for a schedule without hours. Raises as `is_open`."""
    starts = [start for start, _ in _hours_around(schedule, now) if start > now]
    return min(starts).astimezone(zone_of(schedule.time_zone)) if starts else None


def _hours_around(schedule: pb.Schedule, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Start and end, in UTC, of all hours that began yesterday or begin within a week."""
    zone = zone_of(schedule.time_zone)
    today = now.astimezone(zone).date()
    for offset in range(-1, _WEEK + 1):
        day = today + timedelta(days=offset)
        for hours in schedule.hours:
            if day.isoweekday() in hours.days:
                overnight = hours.end_minute <= hours.start_minute
                last = day + timedelta(days=overnight)
                yield min(_instants(zone, day, hours.start_minute)), max(_instants(zone, last, hours.end_minute))


def _instants(zone: ZoneInfo, day: date, minute: int) -> list[datetime]:
    """When a clock in the zone shows that: twice in the night to winter.

    A time that the clock skips in spring is as long after midnight as it would be without the skip.
    """
    shown = (datetime.combine(day, time()) + timedelta(minutes=minute)).replace(tzinfo=zone)
    first, second = shown.astimezone(UTC), shown.replace(fold=1).astimezone(UTC)
    return [first, max(first, second)]
