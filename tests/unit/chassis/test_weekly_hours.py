from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.chassis.weekly_hours import is_open, opens_at, zone_of
from sightline.v1 import camera_service_pb2 as pb

WORKDAYS = [1, 2, 3, 4, 5]


def schedule(*hours, zone="Europe/Berlin"):
    """Hours as (days, "hh:mm", "hh:mm")."""
    return pb.Schedule(
        time_zone=zone,
        hours=[pb.WeeklyHours(days=days, start_minute=minutes(a), end_minute=minutes(b)) for days, a, b in hours],
    )


def minutes(text):
    """Since midnight."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def berlin(text):
    """A time in Berlin; of one that comes twice the first."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of("Europe/Berlin"))


@pytest.mark.parametrize(
    ("at", "open_then"),
    [
        ("2026-11-23 07:59:59", False),  # a Monday
        ("2026-11-23 08:00", True),
        ("2026-11-23 17:59:59", True),
        ("2026-11-23 18:00", False),
        ("2026-11-28 12:00", False),  # a Saturday
    ],
)
def test_hours_of_a_day_begin_sharp_and_end_sharp(at, open_then):
    """From the start on, up to the end and not at it, on the days that are named."""
    assert is_open(schedule((WORKDAYS, "8:00", "18:00")), berlin(at)) is open_then


@pytest.mark.parametrize(
    ("at", "open_then"),
    [
        ("2026-11-27 21:59", False),  # a Friday
        ("2026-11-27 22:00", True),
        ("2026-11-28 05:59", True),
        ("2026-11-28 06:00", False),
        ("2026-11-28 23:00", False),
        ("2026-11-23 01:00", False),  # no Sunday in it, so none of its nights
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(at, open_then):
    """An end before the start is on the next day, be that named or not."""
    assert is_open(schedule((WORKDAYS, "22:00", "6:00")), berlin(at)) is open_then


def test_hours_are_of_the_schedules_zone():
    """The same moment is inside in one zone and outside in another; without a zone it is UTC."""
    now = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    hours = (WORKDAYS, "8:00", "18:00")
    assert is_open(schedule(hours), now)
    assert not is_open(schedule(hours, zone=""), now)
    assert is_open(schedule(hours, zone="Asia/Tokyo"), now)
    assert not is_open(schedule(hours, zone="America/New_York"), now)


@pytest.mark.parametrize(("start", "end"), [("0:00", "24:00"), ("0:00", "0:00"), ("9:00", "9:00")])
def test_a_whole_day_is_a_whole_day(start, end):
    """An end at the start is a day later, and so is 24:00: every minute of the week is inside."""
    always = schedule(([1, 2, 3, 4, 5, 6, 7], start, end))
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert all(is_open(always, monday + timedelta(minutes=minute)) for minute in range(0, 7 * 1440, 7))


def test_hours_end_at_midnight():
    """24:00 is the end of the day, and no minute of the next one."""
    evening = schedule(([1], "20:00", "24:00"))
    assert is_open(evening, berlin("2026-11-23 23:59"))
    assert not is_open(evening, berlin("2026-11-24 00:00"))


def test_in_the_night_to_summer_the_wall_clock_counts():
    """01:00 to 05:00 is an hour shorter, and a start at 02:30, which the clock skips, is half an hour after two."""
    night = schedule(([7], "1:00", "5:00"))  # the 29th of March 2026
    assert open_minutes(night, "2026-03-29") == 3 * 60
    skipped = schedule(([7], "2:30", "5:00"))
    assert opens_at(skipped, berlin("2026-03-29 00:00")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert open_minutes(schedule(([7], "1:00", "2:30")), "2026-03-29") == 90


def test_in_the_night_to_winter_the_hour_that_comes_twice_is_inside_twice():
    """22:00 to 02:30 ends at the second 02:30, and hours from 02:30 begin at the first."""
    assert open_minutes(schedule(([7], "1:00", "5:00")), "2026-10-25") == 5 * 60
    assert open_minutes(schedule(([7], "1:00", "2:30")), "2026-10-25") == 2 * 60 + 30
    assert open_minutes(schedule(([7], "2:30", "4:00")), "2026-10-25") == 2 * 60 + 30


def test_the_next_opening_is_said_in_the_schedules_zone():
    """The next start of any of the hours, also when it is a week away; none where there are no hours."""
    two = schedule(([1], "8:00", "12:00"), ([1, 3], "14:00", "18:00"))
    assert opens_at(two, berlin("2026-11-23 09:00")).isoformat() == "2026-11-23T14:00:00+01:00"
    assert opens_at(two, berlin("2026-11-23 15:00")).isoformat() == "2026-11-25T14:00:00+01:00"
    weekly = schedule(([1], "8:00", "12:00"))
    assert opens_at(weekly, berlin("2026-11-23 08:00")).isoformat() == "2026-11-30T08:00:00+01:00"
    assert opens_at(pb.Schedule(), berlin("2026-11-23 08:00")) is None


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../../etc/passwd", "/etc/passwd", "Europe"])
def test_a_zone_that_nobody_knows_is_refused(name):
    """With a sentence, whatever the text is."""
    with pytest.raises(InvalidInput, match="TIME_ZONE_UNKNOWN"):
        zone_of(name)


def open_minutes(times, day):
    """How many minutes of that day in Berlin are inside."""
    start = berlin(f"{day} 00:00").astimezone(UTC)
    return sum(is_open(times, start + timedelta(minutes=minute)) for minute in range(1500))
