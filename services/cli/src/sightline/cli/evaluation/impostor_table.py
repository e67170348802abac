"""How similar the faces of different people are: the table from which thresholds follow."""

import numpy as np

from sightline.chassis.calibration import RULE_OF_THREE, Interval
from sightline.cli.evaluation.comparisons import STEPS, Floats, Impostors
from sightline.cli.evaluation.rates import to_rate
from sightline.cli.evaluation.verification import false_matches

_POINTS_A_DECADE = 10
# Thresholds lie so far apart; one that is a little stricter than it had to be breaks no promise.
_STEP = 0.0005
# Of the normal distribution, 95 % are below so many standard deviations.
_Z95 = 1.645
_ONE_SIDED = 95

Table = list[tuple[float, float]]


def impostor_table(impostors: Impostors, weights: Floats) -> tuple[Table, list[Interval]]:
    """Measure (cosine, false match rate at or above it), from 1 down to the least that the comparisons can show.

    A rate is the upper end of what the comparisons leave open (95 %), not what happened to be found: a threshold must
    not be too low because these people happened to be unlike each other. It is the higher of two: for comparisons that
    are independent, Poisson's; and what the bootstrap over people draws, because those of one person are not.

    Returns:
        The table, and what was found at its cosines, with both ends of the interval (95 %).
    """
    cosines = _cosines(impostors)
    # Of cosines that everybody may reach, for all that was kept, nothing better is known than that everybody does.
    rates = np.nan_to_num(false_matches(impostors, weights, cosines), nan=1.0)
    by_count = highest_count(rates[0] * impostors.pairs) / impostors.pairs
    most = np.maximum(by_count, np.percentile(rates[1:], _ONE_SIDED, axis=0))
    # From the right: what a cosine promises, no lower one may undercut.
    most = np.minimum(np.maximum.accumulate(most[::-1])[::-1], 1.0)
    least = min(1.0, RULE_OF_THREE / impostors.pairs)
    lowest = max(least, float(most[-1]))
    steps = [10 ** (-n / _POINTS_A_DECADE) for n in range(1, 1 + int(-np.log10(lowest) * _POINTS_A_DECADE))]
    points: dict[float, float] = {float(cosines[0]): 1.0}
    places: dict[float, int] = {float(cosines[0]): 0}
    for rate in (*(step for step in steps if step > lowest), lowest):
        place = int(np.argmax(most <= rate * (1 + 1e-9)))
        points[float(cosines[place])], places[float(cosines[place])] = rate, place
    table = sorted(points.items())
    return table, [_interval(cosine, rates[:, places[cosine]], impostors.pairs) for cosine, _ in table]


def highest_count(found: Floats) -> Floats:
    """Give the highest mean with which so few would be found in 5 % of measurements: 3 for 0, 7.75 for 3.

    The exact bound of a Poisson distribution (Garwood 1936), by the approximation of Wilson and Hilferty (1931), which
    is within 1.1 % of it everywhere.
    """
    more = found + 1
    return np.asarray(more * (1 - 1 / (9 * more) + _Z95 / (3 * np.sqrt(more))) ** 3)


def _cosines(impostors: Impostors) -> Floats:
    """Give thresholds from the one that everybody reaches to the one that nobody does."""
    lowest = 2 * int(np.nonzero(impostors.histogram)[0][0]) / STEPS - 1
    steps = np.arange(np.floor(lowest / _STEP), np.floor(impostors.score[0] / _STEP) + 2)
    return np.clip(np.round(steps * _STEP, 4), -1, 1)


def _interval(cosine: float, rates: Floats, pairs: int) -> Interval:
    rate = to_rate(float(rates[0]), rates[1:], pairs)
    return Interval(cosine=cosine, fmr=rate.value, low=rate.low, high=rate.high)
