"""Error rates of labelled groups beside each other, ISO/IEC 19795-10.

Labels are the data set's own: nobody's group is ever guessed. Within a group its people are compared with each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.cli.evaluation.comparisons import Floats, Templates, genuine_of, impostors_of
from sightline.cli.evaluation.rates import Rate, interval, to_rate
from sightline.cli.evaluation.verification import false_matches, false_non_matches

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Pictures:
    """All pictures of a data set: whose each is, and its labels.

    Attributes:
        persons: whose each is, shape (n,).
        rows: which template it has, -1 where none was made, shape (n,).
        labels: by column, one for each picture; "" where it has none.
    """

    persons: NDArray[np.int64]
    rows: NDArray[np.int64]
    labels: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Group:
    """The error rates of one group at one threshold, with what the bootstrap drew of each."""

    name: str
    people: int
    pictures: int
    fmr: Rate
    fnmr: Rate
    fte: Rate
    draws: Mapping[str, Floats]


@dataclass(frozen=True)
class Ratio:
    """How many times as high the highest rate is: as the lowest one, and as the geometric mean of those measured.

    `is_at_least`: some group showed less than it can, and counts with the least that it can show.
    """

    highest: str
    lowest: str
    value: float
    low: float
    high: float
    to_mean: float
    to_mean_low: float
    to_mean_high: float
    is_at_least: bool


def groups_of(
    templates: Templates, pictures: Pictures, columns: Sequence[str], thresholds: Floats, weights: Floats
) -> list[list[Group]]:
    """Measure each group that has all of these labels; several columns make intersections.

    Returns:
        For each threshold (they rise) the groups by name.
    """
    names = np.array([" · ".join(each) if all(each) else "" for each in _rows(pictures, columns)])
    found = [
        _measured(templates, pictures, name, names == name, thresholds, weights)
        for name in sorted(set(names.tolist()) - {""})
    ]
    return [list(groups) for groups in zip(*found, strict=True)] or [[] for _ in thresholds]


def _measured(
    templates: Templates, pictures: Pictures, name: str, chosen: Mask, thresholds: Floats, weights: Floats
) -> list[Group]:
    rows, persons = pictures.rows[chosen], pictures.persons[chosen]
    part = part_of(templates, rows[rows >= 0])
    impostors, genuine = impostors_of(part), genuine_of(part)
    fmrs = false_matches(impostors, weights, thresholds)
    fnmrs = false_non_matches(genuine, weights, thresholds)
    fte = failures(persons, rows, templates.people, weights)
    return [
        Group(
            name,
            len(np.unique(persons)),
            len(persons),
            to_rate(fmr[0], fmr[1:], impostors.pairs),
            to_rate(fnmr[0], fnmr[1:], len(genuine.members)),
            to_rate(fte[0], fte[1:], len(persons)),
            {"fmr": fmr, "fnmr": fnmr, "fte": fte},
        )
        for fmr, fnmr in zip(fmrs.T, fnmrs.T, strict=True)
    ]


def failures(persons: NDArray[np.int64], rows: NDArray[np.int64], people: int, weights: Floats) -> Floats:
    """Give the share of pictures without a template (failure to enrol), shape (1 + resamples,)."""
    failed = np.bincount(persons[rows < 0], minlength=people)
    shown = np.bincount(persons, minlength=people)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights @ failed) / (weights @ shown))


def part_of(templates: Templates, rows: NDArray[np.int64]) -> Templates:
    """Give some of the templates; the people keep their numbers."""
    return Templates(templates.vectors[rows], templates.persons[rows], templates.people, templates.failed)


def ratio_of(groups: Sequence[Group], rate: str) -> Ratio | None:
    """Compare the groups' rates (fmr, fnmr or fte); None where fewer than two groups, or no rate at all, are measured.

    Which groups are the highest and the lowest is settled by what was found, not anew by each resample: the extremes
    of noise would make the ratio look larger than it is.
    """
    known = [(group, getattr(group, rate)) for group in groups if getattr(group, rate).n]
    if len(known) < 2 or not any(each.is_measured for _, each in known):  # noqa: PLR2004 - a ratio has two sides
        return None
    values = np.stack([np.maximum(group.draws[rate], each.least) for group, each in known])
    by_value = np.argsort(values[:, 0], kind="stable")
    highest, lowest = _highest_measured(known, by_value), int(by_value[0])
    if highest == lowest:
        return None
    ratios = values[highest] / values[lowest]
    shown = [place for place, (_, each) in enumerate(known) if each.is_measured]
    to_mean = values[highest] / np.exp(np.log(values[shown]).mean(axis=0))
    return Ratio(
        known[highest][0].name,
        known[lowest][0].name,
        float(ratios[0]),
        *interval(ratios[1:]),
        float(to_mean[0]),
        *interval(to_mean[1:]),
        is_at_least=not all(each.is_measured for _, each in known),
    )


def _highest_measured(known: Sequence[tuple[Group, Rate]], by_value: NDArray[np.int64]) -> int:
    return next(int(place) for place in reversed(by_value) if known[place][1].is_measured)


def _rows(pictures: Pictures, columns: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(pictures.labels[column] for column in columns), strict=True))
