"""Grants in words, for the audit trail and for errors: ids, never names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.enum_names import enum_word
from sightline.chassis.identity.rights import Rights
from sightline.v1 import access_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.chassis.identity.rights import Selection
    from sightline.v1.access_service_pb2 import Grant

NOTHING = "nothing"


def role_name(role: int) -> str:
    """A role in one word."""
    return enum_word(access_pb2.Role, role)


def in_words(grants: Iterable[Grant]) -> str:
    """Such as "operator on watchlists *, cameras *; auditor on watchlists none, cameras none"."""
    rights = Rights.of(grants)
    return (
        "; ".join(
            f"{role_name(role)} on watchlists {_ids(reach.watchlists)}, cameras {_ids(reach.cameras)}"
            for role, reach in sorted(rights.by_role.items())
        )
        or NOTHING
    )


def _ids(selection: Selection) -> str:
    return " ".join(selection.listed()) or "none"
