"""Comparisons of templates: of different people (impostors), and of one person's own (genuine).

Each pair of people weighs as much as any other, however many pictures they have, and so does each person.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

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
        appearances: of which appearance each is, shape (n,); those of one are not compared as one person's. None: each
            is one by itself.
        gallery: what they are compared with, whose appearances are numbered alike; None: with each other.
    """

    vectors: NDArray[np.float32]
    persons: Ints
    people: int
    failed: Ints
    appearances: Ints | None = None
    gallery: Self | None = None

    @property
    def sizes(self) -> Ints:
        """How many templates each person has, shape (people,)."""
        return np.bincount(self.persons, minlength=self.people)

    @property
    def others(self) -> Self:
        """What they are compared with."""
        return self.gallery or self

    @property
    def shown(self) -> Ints:
        """Of which appearance each is, shape (n,)."""
        return np.arange(len(self.persons)) if self.appearances is None else self.appearances

    @property
    def mated(self) -> int:
        """How many people have two appearances or more."""
        persons = np.concatenate([self.persons, self.others.persons])
        each = np.unique(np.stack([persons, np.concatenate([self.shown, self.others.shown])]), axis=1)
        return int(np.count_nonzero(np.bincount(each[0], minlength=self.people) > 1))

    def against(self, gallery: Self) -> Self:
        """Give them so that they are compared with these."""
        return replace(self, gallery=gallery)


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
    histogram = np.zeros(STEPS)
    for first, second, score in _blocks(templates, same=False):
        histogram += np.bincount(_steps(score), _weight(templates, first, second), minlength=STEPS)
    members = np.nonzero(templates.sizes)[0]
    count = len(templates.persons) * len(templates.others.persons) // (1 if templates.gallery else 2)
    floor = _floor(templates, max(_KEPT, int(count * _KEPT_SHARE)), count)
    kept = [
        (first[score >= floor], second[score >= floor], score[score >= floor])
        for first, second, score in _blocks(templates, same=False)
    ]
    first, second, score = _joined(kept)
    order = np.argsort(-score, kind="stable")
    first, second, score = first[order], second[order], score[order]
    return Impostors(first, second, score, _weight(templates, first, second), members, floor, histogram)


def genuine_of(templates: Templates) -> Genuine:
    """Compare each person's own pictures with each other, as far as they are of different appearances."""
    person, _, score = _joined(list(_blocks(templates, same=True)))
    order = np.argsort(score, kind="stable")
    person, score = person[order], score[order]
    counts = np.bincount(person, minlength=templates.people)
    weight = 1 / counts[person]
    histogram = np.bincount(_steps(score), weight, minlength=STEPS).astype(np.float64)
    return Genuine(person, score, weight, np.nonzero(counts)[0], histogram)


def _weight(templates: Templates, first: Ints, second: Ints) -> Floats:
    """Give the share that each has of all comparisons of these two people."""
    sizes = templates.sizes
    if templates.gallery is None:
        return np.asarray(1 / (sizes[first] * sizes[second]))
    enrolled = templates.gallery.sizes
    return np.asarray(1 / (sizes[first] * enrolled[second] + sizes[second] * enrolled[first]))


def _blocks(templates: Templates, *, same: bool) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Give comparisons of every two pictures, by and by."""
    vectors, persons, others = templates.vectors, templates.persons, templates.others
    shown, shown_there = templates.shown, others.shown
    for begin in range(0, len(persons), _ROWS):
        end = min(begin + _ROWS, len(persons))
        # With each other: each two once, and none with itself.
        start = 0 if templates.gallery else begin
        cosines = vectors[begin:end] @ others.vectors[start:].T
        wanted = (persons[begin:end, None] == others.persons[None, start:]) == same
        if same:
            wanted &= shown[begin:end, None] != shown_there[None, start:]
        rows, columns = np.nonzero(wanted if templates.gallery else np.triu(wanted, 1))
        yield persons[begin + rows], others.persons[start + columns], cosines[rows, columns].astype(np.float64)


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
