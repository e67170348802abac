"""Comparisons of templates: of different people (impostors), and of one person's own (genuine).

Each pair of people weighs as much as any other, however many pictures they have, and so does each person.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STEPS = 2_000
"""Into so many steps of cosine, from -1 to 1, comparisons are sorted for plots."""
# The most similar impostors are kept one by one: all that thresholds of interest are about.
_KEPT, _KEPT_SHARE = 200_000, 0.03
_ROWS = 1024


@dataclass(frozen=True)
class Templates:
    """Templates of pictures whose people are known.

    Attributes:
        vectors: shape (n, dimension), unit length.
        persons: whose each is, shape (n,), 0 … people - 1.
        people: how many people there are in all; also those of whom nothing was found.
        failed: whose the pictures are in which no face was found, shape (m,).
    """

    vectors: NDArray[np.float32]
    persons: Ints
    people: int
    failed: Ints

    @property
    def sizes(self) -> Ints:
        """How many templates each person has, shape (people,)."""
        return np.bincount(self.persons, minlength=self.people)


@dataclass(frozen=True)
class Impostors:
    """Comparisons of different people, the most similar first.

    Attributes:
        first: one person of each.
        second: the other one.
        score: cosine, falling.
        weight: its share of the comparisons of these two people.
        members: the people who were compared at all.
        floor: comparisons below this cosine are counted in `histogram` alone.
        histogram: weights of all of them by step of cosine, shape (STEPS,).
    """

    first: Ints
    second: Ints
    score: Floats
    weight: Floats
    members: Ints
    floor: float
    histogram: Floats

    @property
    def pairs(self) -> int:
        """How many pairs of people."""
        return len(self.members) * (len(self.members) - 1) // 2


@dataclass(frozen=True)
class Genuine:
    """Comparisons of each person's own pictures, the least similar first; as `Impostors`."""

    person: Ints
    score: Floats
    weight: Floats
    members: Ints
    histogram: Floats


def impostors_of(templates: Templates) -> Impostors:
    """Compare all pictures of different people."""
    sizes = templates.sizes
    histogram = np.zeros(STEPS)
    for first, second, score in _blocks(templates, same=False):
        weights = 1 / (sizes[first] * sizes[second])
        histogram += np.bincount(_steps(score), weights, minlength=STEPS)
    members = np.nonzero(sizes)[0]
    count = len(templates.persons) * (len(templates.persons) - 1) // 2
    floor = _floor(templates, max(_KEPT, int(count * _KEPT_SHARE)), count)
    kept = [
        (first[score >= floor], second[score >= floor], score[score >= floor])
        for first, second, score in _blocks(templates, same=False)
    ]
    first, second, score = _joined(kept)
    order = np.argsort(-score, kind="stable")
    first, second, score = first[order], second[order], score[order]
    return Impostors(first, second, score, 1 / (sizes[first] * sizes[second]), members, floor, histogram)


def genuine_of(templates: Templates) -> Genuine:
    """Compare each person's own pictures with each other."""
    person, _, score = _joined(list(_blocks(templates, same=True)))
    sizes = templates.sizes
    order = np.argsort(score, kind="stable")
    person, score = person[order], score[order]
    weight = 2 / (sizes[person] * (sizes[person] - 1))
    histogram = np.bincount(_steps(score), weight, minlength=STEPS).astype(np.float64)
    return Genuine(person, score, weight, np.nonzero(sizes > 1)[0], histogram)


def _blocks(templates: Templates, *, same: bool) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Give comparisons of every two pictures, by and by."""
    vectors, persons = templates.vectors, templates.persons
    for begin in range(0, len(persons), _ROWS):
        end = min(begin + _ROWS, len(persons))
        cosines = vectors[begin:end] @ vectors[begin:].T
        wanted = (persons[begin:end, None] == persons[None, begin:]) == same
        rows, columns = np.nonzero(np.triu(wanted, 1))
        yield persons[begin + rows], persons[begin + columns], cosines[rows, columns].astype(np.float64)


def _floor(templates: Templates, kept: int, count: int) -> float:
    """Give the cosine that about so many comparisons are above."""
    if count <= kept:
        return -2.0
    counts = np.zeros(STEPS)
    for _, _, score in _blocks(templates, same=False):
        counts += np.bincount(_steps(score), minlength=STEPS)
    above = np.cumsum(counts[::-1])[::-1]
    step = int(np.argmax(above <= kept))
    return 2 * step / STEPS - 1


def _steps(score: Floats) -> Ints:
    return np.clip(np.floor((score + 1) / 2 * STEPS), 0, STEPS - 1).astype(np.int64)


def _joined(parts: list[tuple[Ints, Ints, Floats]]) -> tuple[Ints, Ints, Floats]:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    first, second, score = zip(*parts, strict=True)
    return np.concatenate(first), np.concatenate(second), np.concatenate(score)
