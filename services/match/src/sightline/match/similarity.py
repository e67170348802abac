"""What a similarity of 0 to 100 means: a false match rate, where a calibration shows it; else what the pack says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.similarity import measured_similarity

if TYPE_CHECKING:
    from sightline.chassis.pack import Pack
    from sightline.match.calibration import CalibrationInForce


def with_measured_similarity(pack: Pack, in_force: CalibrationInForce | None) -> Pack:
    """The pack, whose similarities mean what the calibration has measured, where it shows the rate of 80 at least."""
    calibration = in_force.calibration if in_force else None
    points = calibration and measured_similarity(calibration)
    if points is None:
        return pack
    embedder = pack.embedder.model_copy(update={"similarity": points})
    return pack.model_copy(update={"embedder": embedder})
