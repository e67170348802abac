"""Grants in words, for the audit trail and for errors: ids, never names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.identity.rights import Rights, role_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.chassis.identity.rights import Selection
    from sightline.v1.access_service_pb2 import Grant

NOTHING = "nothing"


def in_words(grants: Iterable[Grant]) -> str:
    """Such as "operator on watchlists *, cameras *; auditor on watchlists none, cameras none"."""
    rights = Rights.of(grants)
    return (
        "; ".join(
            f"{role_word(role)} on watchlists {_ids(reach.watchlists)}, cameras {_ids(reach.cameras)}"
            for role, reach in sorted(rights.by_role.items())
        )
        or NOTHING
    )


def _ids(selection: Selection) -> str:
    return " ".join(selection.listed()) or "none"
