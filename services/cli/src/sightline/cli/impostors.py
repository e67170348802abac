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
# Of the normal distribution, 95 % are below so many standard deviations.
_Z95 = 1.645


def comparisons_of(people: Sequence[Templates]) -> int:
    """Give the number of pairs of different people.

    A pair counts once, however many pictures the two have: comparisons of the same two people are not independent.
    """
    return len(people) * (len(people) - 1) // 2


def fmr_table(people: Sequence[Templates]) -> list[tuple[float, float]]:
    """Measure (cosine, false match rate at or above it), from 1 down to three of all comparisons.

    Of each pair of people all pictures are compared, and together weigh as much as those of any other pair. A rate is
    the upper end of what the comparisons leave open (95 %), not what happened to be found: a threshold must not be too
    low because these people happened to be unlike each other.
    """
    comparisons, found = comparisons_of(people), _found(people)
    most = highest_count(found) / comparisons
    least = min(1.0, RULE_OF_THREE / comparisons)
    rates = [10 ** (-n / _POINTS_A_DECADE) for n in range(1, 1 + int(-np.log10(least) * _POINTS_A_DECADE))]
    points = {int(np.nonzero(found >= comparisons * (1 - 1e-9))[0][-1]): 1.0}
    for rate in (*(rate for rate in rates if rate > least), least):
        # Where two rates are reached at the same step, the lower one holds.
        points[int(np.argmax(most <= rate * (1 + 1e-9)))] = rate
    return [(round(2 * step / _STEPS - 1, 4), rate) for step, rate in sorted(points.items())]


def highest_count(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the highest mean with which so few would be found in 5 % of measurements: 3 for 0, 7.75 for 3.

    The exact bound of a Poisson distribution (Garwood 1936), by the approximation of Wilson and Hilferty (1931), which
    is within 1.1 % of it everywhere.
    """
    more = found + 1
    return np.asarray(more * (1 - 1 / (9 * more) + _Z95 / (3 * np.sqrt(more))) ** 3)


def _found(people: Sequence[Templates]) -> NDArray[np.float64]:
    """For each step of cosine, how many comparisons are at or above it; of the last one, above every cosine, none."""
    counts = np.zeros(_STEPS + 2)
    sizes = np.repeat([len(theirs) for theirs in people], [len(theirs) for theirs in people])
    everybody, begin = np.concatenate(people), 0
    for theirs in people[:-1]:
        begin += len(theirs)
        cosines = theirs @ everybody[begin:].T
        steps = np.clip(np.floor((cosines.astype(np.float64) + 1) / 2 * _STEPS), 0, _STEPS).astype(np.int64)
        weights = np.broadcast_to(1 / (len(theirs) * sizes[begin:]), cosines.shape)
        counts += np.bincount(steps.ravel(), weights.ravel(), minlength=_STEPS + 2)
    return np.cumsum(counts[::-1])[::-1]
