"""Open-set search by size of the gallery: measured as far as there are people, and continued by formula."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sightline.chassis.false_alarms import fpir_of
from sightline.cli.evaluation.comparisons import Floats, Templates
from sightline.cli.evaluation.identification import (
    FPIRS,
    Point,
    fnir_at,
    fpir_at,
    gallery_sizes,
    point_at,
    rank_rates,
    searches_of,
)
from sightline.cli.evaluation.rates import Rate

LARGER = tuple(int(10**power) for power in np.arange(1, 6.01, 0.25))
"""Sizes to which the formula is drawn."""


@dataclass(frozen=True)
class AtSize:
    """Searches among so many strangers: FNIR at each FPIR, and by name of a threshold its FPIR and FNIR."""

    size: int
    points: Sequence[Point]
    fpir: Mapping[str, Rate]
    fnir: Mapping[str, Rate]


@dataclass(frozen=True)
class Galleries:
    """All sizes that there are people for.

    `formula` has by name of a threshold (size, FPIR, lower end, upper end) as 1 - (1 - FMR)^N gives them; `ranks` the
    share of mates among the best k of the largest gallery.
    """

    sizes: Sequence[AtSize]
    formula: Mapping[str, Sequence[tuple[int, float, float, float]]]
    ranks: Mapping[int, Rate]


def galleries_of(templates: Templates, weights: Floats, thresholds: Mapping[str, tuple[float, Rate]]) -> Galleries:
    """Search in galleries of every size.

    Args:
        templates: of at least two people.
        weights: see `person_weights`.
        thresholds: by name the cosine, and its FMR.
    """
    found = []
    for size in gallery_sizes(templates):
        searches = searches_of(templates, weights, size)
        fpir = {name: fpir_at(searches, cosine) for name, (cosine, _) in thresholds.items()}
        fnir = {name: fnir_at(searches, cosine) for name, (cosine, _) in thresholds.items()}
        found.append(AtSize(size, [point_at(searches, wanted) for wanted in FPIRS], fpir, fnir))
    formula = {
        name: [(size, fpir_of(fmr.value, size), fpir_of(fmr.low, size), fpir_of(fmr.high, size)) for size in LARGER]
        for name, (_, fmr) in thresholds.items()
    }
    return Galleries(found, formula, rank_rates(searches))
