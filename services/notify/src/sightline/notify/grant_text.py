"""Grants in words, for the audit trail and for errors: ids, never names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.identity.rights import Rights, role_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.v1.access_service_pb2 import Grant

NOTHING = "nothing"


def in_words(grants: Iterable[Grant]) -> str:
    """Such as "operator on watchlists *, cameras *; auditor on watchlists none, cameras none"."""
    return (
        "; ".join(
            f"{role_word(grant.role)} on watchlists {_ids(grant.watchlist_ids)}, cameras {_ids(grant.camera_ids)}"
            for grant in Rights.of(grants).grants()
        )
        or NOTHING
    )


def _ids(ids: Iterable[str]) -> str:
    return " ".join(ids) or "none"
