"""What the audit trail says of calls to the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.chassis.audit import Audited

if TYPE_CHECKING:
    from sightline.match.projection import Roll


class Reasoned(Protocol):
    """A request that says why."""

    purpose: str
    case_reference: str


def audited(action: str, kind: str, request: Reasoned) -> Audited:
    """What is recorded of a request."""
    return Audited(f"gallery.{action}", kind, purpose=request.purpose, case_reference=request.case_reference)


def roll_text(roll: Roll) -> str:
    """What a watchlist holds after a change: two trails agree on it, or one of them is not complete."""
    return f"the watchlist holds {roll.size} faces, set hash {roll.set_hash.hex()}"
