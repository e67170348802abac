"""How similar the faces of different people are: the table from which thresholds follow."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.chassis.calibration import RULE_OF_THREE

Templates = NDArray[np.float32]
"""Unit vectors of one person, shape (pictures, dimension)."""

# Cosines are counted in steps so small that rounding them to a step changes no threshold that matters.
_STEPS = 20_000
_POINTS_A_DECADE = 10


def comparisons_of(people: Sequence[Templates]) -> int:
    """Give the number of pairs of different people.

    A pair counts once, however many pictures the two have: comparisons of the same two people are not independent.
    """
    return len(people) * (len(people) - 1) // 2


def fmr_table(people: Sequence[Templates]) -> list[tuple[float, float]]:
    """Measure (cosine, share of comparisons at or above it), from 1 down to three of all comparisons.

    Of each pair of people all pictures are compared, and together weigh as much as those of any other pair. Rates are
    rounded up, and cosines are steps at which the rate is at most that.
    """
    share = _shares(people)
    least = min(1.0, RULE_OF_THREE / comparisons_of(people))
    rates = [10 ** (-n / _POINTS_A_DECADE) for n in range(1, 1 + int(-np.log10(least) * _POINTS_A_DECADE))]
    points = {int(np.nonzero(share >= 1 - 1e-9)[0][-1]): 1.0}
    for rate in (*(rate for rate in rates if rate > least), least):
        # Where two rates are reached at the same step, the lower one holds.
        points[int(np.argmax(share <= rate * (1 + 1e-9)))] = rate
    return [(round(2 * step / _STEPS - 1, 4), rate) for step, rate in sorted(points.items())]


def _shares(people: Sequence[Templates]) -> NDArray[np.float64]:
    """For each step of cosine, the share of comparisons at or above it; the last one, above every cosine, is 0."""
    counts = np.zeros(_STEPS + 2)
    sizes = np.repeat([len(theirs) for theirs in people], [len(theirs) for theirs in people])
    everybody, begin = np.concatenate(people), 0
    for theirs in people[:-1]:
        begin += len(theirs)
        cosines = theirs @ everybody[begin:].T
        steps = np.clip(np.floor((cosines.astype(np.float64) + 1) / 2 * _STEPS), 0, _STEPS).astype(np.int64)
        weights = np.broadcast_to(1 / (len(theirs) * sizes[begin:]), cosines.shape)
        counts += np.bincount(steps.ravel(), weights.ravel(), minlength=_STEPS + 2)
    return np.cumsum(counts[::-1])[::-1] / comparisons_of(people)
