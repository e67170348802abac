"""Weekly hours as people write them."""

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.cli.weekly_hours import parse_schedule, schedule_text


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("Mon-Fri 08:00-18:30", [1, 2, 3, 4, 5], 480, 1110),
        ("sat,SUN 22:00-06:00", [6, 7], 1320, 360),
        ("Fri-Mon 0:00 - 24:00", [1, 5, 6, 7], 0, 1440),
        ("daily 06:00-23:59", [1, 2, 3, 4, 5, 6, 7], 360, 1439),
        ("Mon,Wed-Thu 07:05-07:06", [1, 3, 4], 425, 426),
    ],
)
def test_hours_are_read(text, days, start, end):
    """Days, in ranges and lists, also over the end of the week, and two times of a clock."""
    schedule = parse_schedule([text], "Europe/Berlin")
    (hours,) = schedule.hours
    assert (list(hours.days), hours.start_minute, hours.end_minute) == (days, start, end)
    assert schedule.time_zone == "Europe/Berlin"


def test_hours_are_shown_as_they_are_read():
    """What is shown can be given again."""
    shown = schedule_text(parse_schedule(["Mon-Fri 08:00-18:00", "Sat,Sun 22:00-06:00", "daily 06:00-24:00"], None))
    assert shown == "Mon-Fri 08:00-18:00, Sat,Sun 22:00-06:00, daily 06:00-24:00 (UTC)"


@pytest.mark.parametrize(
    "text",
    [
        *("", "Mon", "08:00-18:00", "Mon 8-18", "Mon 24:00-25:00", "Mon 08:60-09:00", "Mon 08:00-24:01"),
        *("Moon 08:00-09:00", "Mon- 08:00-09:00", "Mon,,Tue 08:00-09:00", "Mon Tue 08:00-09:00"),
    ],
)
def test_what_are_no_hours_is_refused(text):
    """Nothing is guessed: the error shows the forms that there are."""
    with pytest.raises(InvalidInput, match=r"HOURS_INVALID: .*'Mon-Fri 08:00-18:00'"):
        parse_schedule([text], None)


def test_a_time_zone_alone_says_nothing():
    """Without hours there is no schedule; a time zone without them is a mistake."""
    assert parse_schedule(None, None) is None
    with pytest.raises(InvalidInput, match="HOURS_INVALID"):
        parse_schedule([], "Europe/Berlin")
