"""What comes of a check that says nothing where all is well."""

from __future__ import annotations

from sightline.chassis.errors import SightlineError


def verdict(check, *given) -> str:
    """The reason with which it refuses what it is given, else "ok"."""
    try:
        check(*given)
    except SightlineError as error:
        return error.reason
    return "ok"
