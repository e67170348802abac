"""Beyond what was compared: an extrapolation of the impostors' upper tail, which is a guess with a reason.

The excess over a high cosine follows a generalised Pareto distribution in the limit (Pickands 1975). It is fitted by
probability-weighted moments (Hosking and Wallis 1987), which need no search and behave well for few excesses.
"""

from dataclasses import dataclass

import numpy as np

from sightline.cli.evaluation.comparisons import Floats, Impostors

_SHARE = 1e-2
_FEWEST = 30


@dataclass(frozen=True)
class Tail:
    """The fitted tail: from cosine `start` on, of which `share` of the impostors are above.

    `shape` is the k of Hosking and Wallis: above 0 the tail ends somewhere, 0 is the exponential one.
    """

    start: float
    share: float
    shape: float
    scale: float

    def fmr_at(self, cosine: float) -> float:
        """Give the FMR that the tail has at a cosine from `start` on."""
        excess = max(0.0, cosine - self.start) / self.scale
        if abs(self.shape) < 1e-9:  # noqa: PLR2004 - the limit of the formula below
            return float(self.share * np.exp(-excess))
        return float(self.share * max(0.0, 1 - self.shape * excess) ** (1 / self.shape))

    def cosine_at(self, fmr: float) -> float:
        """Give the cosine at which the tail has this FMR, which is at most `share`; never above 1."""
        left = fmr / self.share
        if abs(self.shape) < 1e-9:  # noqa: PLR2004 - as above
            return min(1.0, float(self.start - self.scale * np.log(left)))
        return min(1.0, float(self.start + self.scale / self.shape * (1 - left**self.shape)))


def fit_tail(impostors: Impostors, share: float = _SHARE) -> Tail | None:
    """Fit the most similar hundredth of the impostors; None where they are too few."""
    above = np.cumsum(impostors.weight)
    count = int(np.searchsorted(above, share * impostors.pairs, side="right"))
    if count < _FEWEST or impostors.score[0] <= impostors.score[count - 1]:
        return None
    start = float(impostors.score[count - 1])
    shape, scale = _moments(impostors.score[:count] - start, impostors.weight[:count])
    return Tail(start, float(above[count - 1] / impostors.pairs), shape, scale)


def _moments(excess: Floats, weight: Floats) -> tuple[float, float]:
    """Give shape and scale; excesses fall, so that the weight before each is what is above it."""
    whole = weight.sum()
    beyond = (np.cumsum(weight) - weight / 2) / whole
    first = float((weight * excess).sum() / whole)
    second = float((weight * beyond * excess).sum() / whole)
    spread = first - 2 * second
    return first / spread - 2, 2 * first * second / spread
