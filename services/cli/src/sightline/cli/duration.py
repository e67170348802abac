"""Durations as people write them: `90d`, `12h`, `30m`, `45s`."""

import re
from datetime import timedelta

from sightline.chassis.errors import InvalidInput

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_FORM = re.compile(r"([1-9][0-9]{0,5})([dhms])")


def parse_duration(text: str) -> timedelta:
    """Read one number with one unit.

    Raises:
        InvalidInput: DURATION_INVALID.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise InvalidInput("DURATION_INVALID", f"'{text}' is no duration; write it as 90d, 12h, 30m or 45s")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
