"""A share that was counted, with what the data leave open of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.chassis.calibration import RULE_OF_THREE

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
_Z_TWO_SIDED = 1.96
_TAIL = 100 * (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % interval.

    Attributes:
        value: as it was found.
        low: lower end.
        high: upper end.
        n: independent trials; pairs of people, or people, not pairs of pictures.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def least(self) -> float:
        """What n trials can show at the least: none found leaves 3/n open."""
        return min(1.0, RULE_OF_THREE / self.n) if self.n else 1.0

    @property
    def is_measured(self) -> bool:
        """Whether it is large enough for so few trials; else only its upper end means something."""
        return self.n > 0 and self.value >= self.least * (1 - 1e-9)


def to_rate(value: float, replicates: Floats, n: int) -> Rate:
    """Give the share with the wider of two intervals: the bootstrap's, and Wilson's for n independent trials.

    The bootstrap knows that comparisons of the same people go together, and nothing of what happened not to be drawn;
    Wilson's (1927) is the other way round. Draws that had nothing to compare are NaN, and do not count.
    """
    if not n or np.isnan(value):
        return Rate(float("nan"), 0.0, 1.0, 0)
    low, high = wilson(value, n)
    drawn = replicates[~np.isnan(replicates)]
    if drawn.size:
        low = min(low, float(np.percentile(drawn, _TAIL)))
        high = max(high, float(np.percentile(drawn, 100 - _TAIL)))
    return Rate(float(value), low, high, n)


def wilson(share: float, n: int) -> tuple[float, float]:
    """Give the 95 % interval of a share of n independent trials."""
    z2 = _Z_TWO_SIDED**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z_TWO_SIDED / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def interval(replicates: Floats) -> tuple[float, float]:
    """Give the middle 95 % of what the bootstrap drew."""
    drawn = replicates[~np.isnan(replicates)]
    if not drawn.size:
        return float("nan"), float("nan")
    low, high = np.percentile(drawn, (_TAIL, 100 - _TAIL))
    return float(low), float(high)
