"""Durations on the command line."""

from datetime import timedelta

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.cli.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("90d", timedelta(days=90)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
        (" 45s ", timedelta(seconds=45)),
    ],
)
def test_a_number_with_a_unit_is_a_duration(text, meaning):
    """Days, hours, minutes and seconds, one of them at a time."""
    assert parse_duration(text) == meaning


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1.5h", "1h30m", "9999999d", "90 d", "1w"])
def test_everything_else_is_refused(text):
    """A number without a unit could be anything: it is refused, with the forms that work."""
    with pytest.raises(InvalidInput, match=r"DURATION_INVALID: .*90d"):
        parse_duration(text)
