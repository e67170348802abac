"""What a model pack may be used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    from sightline.chassis.pack import Pack
    from sightline.chassis.settings import Durability

log = structlog.get_logger()


def check_fitness(pack: Pack, durability: Durability, demonstration_reason: str) -> None:
    """Say in the log what a pack is fit for, and keep a demonstration pack out of production.

    Args:
        pack: the model pack.
        durability: `strict` is production.
        demonstration_reason: why a demonstration pack may be used there all the same; "" for no reason.

    Raises:
        FailedPrecondition: PACK_FOR_DEMONSTRATION.
    """
    is_demonstration = pack.fit_for == "demonstration"
    if is_demonstration and durability == "strict" and not demonstration_reason:
        raise FailedPrecondition(
            "PACK_FOR_DEMONSTRATION",
            f"The pack {pack.name} is fit for demonstration only: set SIGHTLINE_PACK_DIR to another one, "
            "or say in SIGHTLINE_DEMONSTRATION_REASON why it is used.",
        )
    report = log.warning if is_demonstration else log.info
    facts = {"pack": pack.name, "version": pack.version, "fit_for": pack.fit_for, "facts": pack.facts}
    report("pack", **facts, **({"demonstration_reason": demonstration_reason} if demonstration_reason else {}))
