"""Templates of people who do not exist, so alike or unlike that every error rate of theirs is known by a formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc

from sightline.cli.evaluation.comparisons import Templates

SPACE = 64


@dataclass(frozen=True)
class Crowd:
    """People whose faces lie evenly on a sphere; each has two pictures, which are alike unless one was spoilt."""

    people: int
    dimension: int
    spoilt: float = 0.0
    seed: int = 1

    def templates(self) -> Templates:
        """Two pictures of each, in turn."""
        random = np.random.default_rng(self.seed)
        first = _unit(random.normal(size=(self.people, self.dimension)))
        aside = random.normal(size=first.shape)
        aside = _unit(aside - (aside * first).sum(axis=1, keepdims=True) * first)
        cosine = np.where(random.random(self.people) < self.spoilt, 0.0, 0.9)[:, None]
        second = cosine * first + np.sqrt(1 - cosine**2) * aside
        vectors = np.zeros((2 * self.people, SPACE), np.float32)
        vectors[0::2, : self.dimension], vectors[1::2, : self.dimension] = first, second
        return Templates(vectors, np.repeat(np.arange(self.people), 2), self.people, np.zeros(0, np.int64))


def true_fmr(dimension: int, cosine: float) -> float:
    """How often two directions that are drawn evenly have this cosine at least: a cap of the sphere (Li 2011)."""
    return float(betainc((dimension - 1) / 2, 0.5, 1 - cosine**2) / 2)


def cosine_of_ratio(narrow: int, wide: int, ratio: float) -> float:
    """The cosine at which those on the narrow sphere are taken for each other so many times as often."""
    return float(brentq(lambda cosine: true_fmr(narrow, cosine) / true_fmr(wide, cosine) - ratio, 0.05, 0.9))


def cosine_of_fmr(dimension: int, fmr: float) -> float:
    """The cosine that has this FMR."""
    return float(brentq(lambda cosine: true_fmr(dimension, cosine) - fmr, 0.0, 0.99))


def together(one: Templates, other: Templates) -> Templates:
    """Both crowds as one data set; people of the second are numbered after those of the first."""
    return Templates(
        np.concatenate([one.vectors, other.vectors]),
        np.concatenate([one.persons, other.persons + one.people]),
        one.people + other.people,
        np.concatenate([one.failed, other.failed + one.people]),
    )


def _unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
