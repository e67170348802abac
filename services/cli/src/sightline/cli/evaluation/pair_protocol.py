"""Pairs that a data set names itself, in folds: accuracy as LFW's protocol has it (Huang et al. 2007)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.cli.evaluation.comparisons import Floats

FOLDS = 10


@dataclass(frozen=True)
class Accuracy:
    """Mean over the folds of the share that was told right, each at the best threshold of all other folds.

    `error` is the standard error of the mean, as published results have it; `left_out` pairs had no template.
    """

    value: float
    error: float
    pairs: int
    left_out: int


def accuracy_of(scores: Floats, same: NDArray[np.bool_], folds: NDArray[np.int64], left_out: int) -> Accuracy | None:
    """Give the accuracy; None where there are fewer than two folds.

    Args:
        scores: cosine of each pair.
        same: whether the two are one person.
        folds: in which fold each pair is.
        left_out: pairs of which one picture has no template; they are in no fold.
    """
    names = np.unique(folds)
    if len(names) < 2:  # noqa: PLR2004 - a threshold has to come from elsewhere
        return None
    rights = []
    for name in names:
        own = folds == name
        threshold = _best_threshold(scores[~own], same[~own])
        rights.append(float(np.mean((scores[own] >= threshold) == same[own])))
    return Accuracy(float(np.mean(rights)), float(np.std(rights) / np.sqrt(len(rights))), len(scores), left_out)


def _best_threshold(scores: Floats, same: NDArray[np.bool_]) -> float:
    order = np.argsort(scores, kind="stable")
    # At each score: those of one person from here on, and those of two people before.
    right = np.cumsum(~same[order]) - ~same[order] + same[order][::-1].cumsum()[::-1]
    return float(scores[order][int(np.argmax(right))])
