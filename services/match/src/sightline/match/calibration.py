"""Which calibration is in force: the one that was measured with the models of this pack, or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.calibration import CALIBRATION, read_calibration
from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    from sightline.chassis.calibration import Calibration
    from sightline.chassis.pack import Pack

log = structlog.get_logger()


def calibration_missing() -> FailedPrecondition:
    """What is said of a target while nothing was measured."""
    return FailedPrecondition(
        "CALIBRATION_MISSING",
        "No calibration says which threshold meets a false-alarm target: measure one with `sightline calibrate`, "
        "put it in the pack's folder as calibration.json, and start match again.",
    )


class CalibrationInForce:
    """A calibration, or why there is none."""

    def __init__(self, calibration: Calibration | None = None, missing: FailedPrecondition | None = None) -> None:
        self.calibration = calibration
        self._missing = missing or calibration_missing()

    @property
    def id(self) -> str:
        """Its id; "none" where there is none."""
        return self.calibration.id if self.calibration else "none"

    @property
    def missing(self) -> FailedPrecondition:
        """Why there is none: CALIBRATION_MISSING or CALIBRATION_MISMATCH."""
        return FailedPrecondition(self._missing.reason, self._missing.message)

    def required(self) -> Calibration:
        """The calibration. Raises FailedPrecondition CALIBRATION_MISSING or CALIBRATION_MISMATCH."""
        if self.calibration is None:
            raise self.missing
        return self.calibration


def load_calibration(configured: str, pack: Pack) -> CalibrationInForce:
    """The calibration of that file, else the one in the pack's folder; one of other models is not in force.

    Raises:
        FailedPrecondition: CALIBRATION_UNREADABLE or CALIBRATION_INVALID.
    """
    path = Path(configured) if configured else pack.folder / CALIBRATION
    if not configured and not path.exists():
        log.info("calibration", calibration="none")
        return CalibrationInForce()
    calibration = read_calibration(path)
    if calibration.fits(pack):
        log.info("calibration", calibration=calibration.id, comparisons=calibration.comparisons)
        return CalibrationInForce(calibration)
    log.error("calibration_mismatch", calibration=calibration.id, path=str(path), pack=pack.name)
    return CalibrationInForce(
        missing=FailedPrecondition(
            "CALIBRATION_MISMATCH",
            f"{path} was measured with other models than those of the pack '{pack.name}': watchlists with a "
            "false-alarm target raise no alerts until it is measured with these, by `sightline calibrate`.",
        )
    )
