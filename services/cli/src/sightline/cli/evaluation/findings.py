"""All that is found about one pack and one data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sightline.cli.evaluation.comparisons import STEPS, Floats, Templates, genuine_of, impostors_of
from sightline.cli.evaluation.differentials import Group, Pictures, Ratio, failures, groups_of, ratio_of
from sightline.cli.evaluation.galleries import Galleries, galleries_of
from sightline.cli.evaluation.pair_protocol import Accuracy
from sightline.cli.evaluation.rates import Rate, to_rate
from sightline.cli.evaluation.resampling import RESAMPLES, person_weights
from sightline.cli.evaluation.tail import Tail, fit_tail
from sightline.cli.evaluation.verification import (
    FMRS,
    Curves,
    EqualError,
    Operating,
    curves_of,
    equal_error,
    false_matches,
    false_non_matches,
    fmr_at,
    fnmr_at,
    operating_point,
)

QUALITY = "quality"
_BARS = 250
_DET_POINTS = 60
_COMMON_FMRS = (1e-3, 1e-2, 1e-1)


@dataclass(frozen=True)
class Measured:
    """What is evaluated.

    Attributes:
        templates: of single pictures.
        pictures: the same and those without a template, with labels.
        fused: templates of several pictures each, where the data set says which belong together.
        accuracy: on pairs that the data set names, where it does.
    """

    templates: Templates
    pictures: Pictures
    fused: Templates | None = None
    accuracy: Accuracy | None = None


@dataclass(frozen=True)
class Wanted:
    """The threshold in force (cosine), columns whose values are groups, and how often the bootstrap draws."""

    in_force: float
    labels: Sequence[str] = ()
    resamples: int = RESAMPLES


@dataclass(frozen=True)
class AtThreshold:
    """Both rates at a threshold, and what it is called."""

    name: str
    cosine: float
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True)
class Verification:
    """One against one; `beyond` are FMRs that were not measured, with the cosine and FNMR that the tail gives."""

    det: Sequence[tuple[float, Rate, Rate]]
    operating: Sequence[Operating]
    beyond: Sequence[tuple[float, float, Rate]]
    equal: EqualError
    tail: Tail | None
    pairs: int
    people: int


@dataclass(frozen=True)
class Differential:
    """Groups by some columns at one threshold, with the ratios of their rates (fmr, fnmr, fte)."""

    columns: Sequence[str]
    threshold: str
    cosine: float
    groups: Sequence[Group]
    ratios: dict[str, Ratio | None]


@dataclass(frozen=True)
class Findings:
    """Everything; `histograms` are shares by step of cosine of impostors and of genuine comparisons."""

    verification: Verification
    fused: Verification | None
    thresholds: Sequence[AtThreshold]
    galleries: Galleries
    differentials: Sequence[Differential]
    enrolment: Rate
    histograms: tuple[Floats, Floats]
    accuracy: Accuracy | None


def findings_of(measured: Measured, wanted: Wanted) -> Findings:
    """Compute all of it."""
    templates, pictures = measured.templates, measured.pictures
    weights = person_weights(templates.people, wanted.resamples)
    impostors, genuine = impostors_of(templates), genuine_of(templates)
    curves = curves_of(impostors, genuine, weights)
    cosines = {"common": _common(curves), "in force": wanted.in_force}
    thresholds = []
    for name, cosine in cosines.items():
        at = np.array([cosine])
        fmr, fnmr = false_matches(impostors, weights, at)[:, 0], false_non_matches(genuine, weights, at)[:, 0]
        rates = to_rate(fmr[0], fmr[1:], curves.pairs), to_rate(fnmr[0], fnmr[1:], curves.people)
        thresholds.append(AtThreshold(name, cosine, *rates))
    fte = failures(pictures.persons, pictures.rows, templates.people, weights)
    return Findings(
        _verification(curves, fit_tail(impostors)),
        None if measured.fused is None else _verified(measured.fused, weights),
        thresholds,
        galleries_of(templates, weights, {each.name: (each.cosine, each.fmr) for each in thresholds}),
        _differentials(templates, pictures, wanted.labels, cosines, weights),
        to_rate(fte[0], fte[1:], len(pictures.rows)),
        (_bars(impostors.histogram), _bars(genuine.histogram)),
        measured.accuracy,
    )


def _common(curves: Curves) -> float:
    """Give the cosine of the lowest of three FMRs that these people can show: groups are compared at it."""
    points = (operating_point(curves, fmr) for fmr in _COMMON_FMRS)
    return next((point.cosine for point in points if point.cosine is not None), float(curves.thresholds[-1]))


def _verified(templates: Templates, weights: Floats) -> Verification:
    impostors = impostors_of(templates)
    return _verification(curves_of(impostors, genuine_of(templates), weights), fit_tail(impostors))


def _verification(curves: Curves, tail: Tail | None) -> Verification:
    operating = [operating_point(curves, fmr) for fmr in FMRS]
    beyond = []
    for point in operating:
        if point.cosine is None and tail is not None and curves.people:
            cosine = tail.cosine_at(point.fmr)
            place = min(int(np.searchsorted(curves.thresholds, cosine)), len(curves.thresholds) - 1)
            beyond.append((point.fmr, cosine, fnmr_at(curves, place)))
    return Verification(_det(curves), operating, beyond, equal_error(curves), tail, curves.pairs, curves.people)


def _det(curves: Curves) -> list[tuple[float, Rate, Rate]]:
    """Give points of the curve from the highest FMR that is known down to what n can show, evenly by decade."""
    rates = curves.fmr[0]
    known = np.nonzero(~np.isnan(rates) & (rates >= min(1.0, 3 / max(curves.pairs, 1))))[0]
    if not len(known):
        return []
    wanted = np.geomspace(rates[known].max(), rates[known].min(), _DET_POINTS)
    places = np.unique([known[int(np.argmax(rates[known] <= rate * (1 + 1e-9)))] for rate in wanted])
    return [
        (float(curves.thresholds[place]), fmr_at(curves, int(place)), fnmr_at(curves, int(place))) for place in places
    ]


def _differentials(
    templates: Templates, pictures: Pictures, labels: Sequence[str], cosines: dict[str, float], weights: Floats
) -> list[Differential]:
    """Measure by each column, and by each two of them; by quality, where it is known."""
    combined = [(label,) for label in labels] + list(combinations(labels, 2))
    if QUALITY in pictures.labels:
        combined.append((QUALITY,))
    names = sorted(cosines, key=lambda name: cosines[name])
    at = np.array([cosines[name] for name in names])
    found = []
    for columns in combined:
        for name, groups in zip(names, groups_of(templates, pictures, columns, at, weights), strict=True):
            ratios = {rate: ratio_of(groups, rate) for rate in ("fmr", "fnmr", "fte")}
            found.append(Differential(columns, name, cosines[name], groups, ratios))
    return found


def _bars(histogram: NDArray[np.float64]) -> Floats:
    bars = histogram.reshape(_BARS, STEPS // _BARS).sum(axis=1)
    return np.asarray(bars / max(bars.sum(), 1))
