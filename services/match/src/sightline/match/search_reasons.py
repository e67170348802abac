"""Why somebody searches: said before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from sightline.chassis.audit import Audited
    from sightline.chassis.policy import Searches


def require_reasons(what: Audited, searches: Searches) -> None:
    """Raises InvalidInput PURPOSE_MISSING, and CASE_REFERENCE_MISSING where the policy asks for one."""
    if not what.purpose.strip():
        raise InvalidInput("PURPOSE_MISSING", "A search needs a purpose: say why (`--purpose`).")
    if searches.case_reference_required and not what.case_reference.strip():
        message = "The policy asks for a case reference of every search: say which case it belongs to (`--case`)."
        raise InvalidInput("CASE_REFERENCE_MISSING", message)
