"""Similarities of 0 to 100 that mean false match rates, as a calibration shows them."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.chassis.calibration import Calibration

KNOTS = ((0.0, 0.0), (-3.0, 80.0), (-5.0, 99.0), (-9.0, 100.0))
"""Decimal logarithms of false match rates, and their similarities; between two of them it is linear.

80 and 99 are the thresholds that Amazon's documentation recommends: for everyday use, and where it matters.
"""
_RATE_AT_80, _RATE_AT_99 = 1e-3, 1e-5


def similarity_at(rate: float) -> float:
    """The similarity from which the false match rate of one comparison is this."""
    exponent = math.log10(rate)
    right = bisect_right(KNOTS, -exponent, key=lambda knot: -knot[0])
    if right in (0, len(KNOTS)):
        return KNOTS[min(right, len(KNOTS) - 1)][1]
    (x0, y0), (x1, y1) = KNOTS[right - 1], KNOTS[right]
    return y0 + (y1 - y0) * (exponent - x0) / (x1 - x0)


def measured_similarity(calibration: Calibration) -> tuple[tuple[float, float], ...] | None:
    """Cosines and similarities, rising; None where it does not show the rate of 80.

    Between two of them both are linear in the logarithm of the rate. Beyond the strictest rate that was measured,
    similarities rise to 100 with the cosine, and promise nothing.
    """
    if calibration.least_fmr > _RATE_AT_80:
        return None
    marks = [rate for rate in (_RATE_AT_80, _RATE_AT_99) if rate >= calibration.least_fmr]
    cosines = {cosine for cosine, _ in calibration.table} | {calibration.cosine_at(rate) for rate in marks}
    measured = {cosine: similarity_at(calibration.fmr_at(cosine)) for cosine in cosines if -1 < cosine < 1}
    return ((-1.0, 0.0), *sorted(measured.items()), (1.0, 100.0))
