"""Weekly hours as people write them: `Mon-Fri 08:00-18:00`, `Sat,Sun 22:00-06:00`, `daily 06:00-24:00`."""

import re
from collections.abc import Iterable, Sequence

from sightline.chassis.errors import InvalidInput
from sightline.v1 import camera_service_pb2 as pb

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NUMBERS = {name.lower(): number for number, name in enumerate(_DAYS, 1)}
_WEEK = len(_DAYS)
_FORM = re.compile(r"\s*(\S+)\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")
_HOUR = 60
_MIDNIGHT = 24 * _HOUR


def parse_schedule(hours: Sequence[str] | None, time_zone: str | None) -> pb.Schedule | None:
    """Read hours, and the time zone that they are in; None where none are given.

    Raises:
        InvalidInput: HOURS_INVALID.
    """
    if not hours:
        if time_zone is not None:
            raise InvalidInput("HOURS_INVALID", "--time-zone says where --hours hold: give them, too")
        return None
    return pb.Schedule(time_zone=time_zone or "", hours=[_parse(text) for text in hours])


def schedule_text(schedule: pb.Schedule) -> str:
    """Give hours as they are read, with their time zone."""
    hours = (
        f"{_days_text(each.days)} {_clock(each.start_minute)}-{_clock(each.end_minute)}" for each in schedule.hours
    )
    return f"{', '.join(hours)} ({schedule.time_zone or 'UTC'})"


def _parse(text: str) -> pb.WeeklyHours:
    found = _FORM.fullmatch(text)
    if found is None:
        raise _invalid(text)
    start, end = (_HOUR * int(hour) + int(minute) for hour, minute in (found.group(2, 3), found.group(4, 5)))
    if start >= _MIDNIGHT or end > _MIDNIGHT or any(int(found[group]) >= _HOUR for group in (3, 5)):
        raise _invalid(text)
    return pb.WeeklyHours(days=_days(found[1], text), start_minute=start, end_minute=end)


def _days(days: str, text: str) -> list[int]:
    if days.lower() == "daily":
        return list(_NUMBERS.values())
    chosen: set[int] = set()
    for part in days.lower().split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if first not in _NUMBERS or last not in _NUMBERS:
            raise _invalid(text)
        # From Friday to Monday there are four days.
        count = (_NUMBERS[last] - _NUMBERS[first]) % _WEEK + 1
        chosen |= {(_NUMBERS[first] - 1 + step) % _WEEK + 1 for step in range(count)}
    return sorted(chosen)


def _days_text(days: Iterable[int]) -> str:
    chosen = sorted(days)
    if len(chosen) == _WEEK:
        return "daily"
    if len(chosen) > 2 and chosen == list(range(chosen[0], chosen[-1] + 1)):  # noqa: PLR2004 - two are shorter apart
        return f"{_DAYS[chosen[0] - 1]}-{_DAYS[chosen[-1] - 1]}"
    return ",".join(_DAYS[day - 1] for day in chosen)


def _clock(minute: int) -> str:
    return f"{minute // _HOUR:02}:{minute % _HOUR:02}"


def _invalid(text: str) -> InvalidInput:
    return InvalidInput(
        "HOURS_INVALID",
        f"'{text}' are no hours; write them as 'Mon-Fri 08:00-18:00', 'Sat,Sun 22:00-06:00' or 'daily 06:00-24:00'",
    )
