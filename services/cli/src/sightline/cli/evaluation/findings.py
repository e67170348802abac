"""All that is found about one pack and one data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sightline.cli.evaluation.comparisons import STEPS, Floats, Templates
from sightline.cli.evaluation.differentials import Group, Pictures, Ratio, failures, groups_of, ratio_of
from sightline.cli.evaluation.galleries import Galleries, galleries_of
from sightline.cli.evaluation.one_to_one import AtThreshold, Verification, compared
from sightline.cli.evaluation.pair_protocol import Accuracy
from sightline.cli.evaluation.rates import Rate, to_rate
from sightline.cli.evaluation.resampling import RESAMPLES, person_weights
from sightline.cli.evaluation.tracks import TrackFindings, Tracks, track_findings
from sightline.cli.evaluation.verification import Curves, operating_point

QUALITY = "quality"
_BARS = 250
_COMMON_FMRS = (1e-3, 1e-2, 1e-1)


@dataclass(frozen=True)
class Measured:
    """What is evaluated.

    Attributes:
        templates: of single pictures; of a track, of its best one.
        pictures: the same and those without a template, with labels.
        tracks: pictures that belong together, where the data set says so.
        accuracy: on pairs that the data set names, where it does.
    """

    templates: Templates
    pictures: Pictures
    tracks: Tracks | None = None
    accuracy: Accuracy | None = None


@dataclass(frozen=True)
class Wanted:
    """The threshold in force (cosine), columns whose values are groups, and how often the bootstrap draws."""

    in_force: float
    labels: Sequence[str] = ()
    resamples: int = RESAMPLES


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
    tracks: TrackFindings | None
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
    found = compared(templates, weights)
    cosines = {"common": _common(found.curves), "in force": wanted.in_force}
    thresholds = [found.at(name, cosine) for name, cosine in cosines.items()]
    fte = failures(pictures.persons, pictures.rows, templates.people, weights)
    return Findings(
        found.verification(),
        None if measured.tracks is None else track_findings(measured.tracks, wanted.in_force, weights),
        thresholds,
        galleries_of(templates, weights, {each.name: (each.cosine, each.fmr) for each in thresholds}),
        _differentials(templates, pictures, wanted.labels, cosines, weights),
        to_rate(fte[0], fte[1:], len(pictures.rows)),
        (_bars(found.impostors.histogram), _bars(found.genuine.histogram)),
        measured.accuracy,
    )


def _common(curves: Curves) -> float:
    """Give the cosine of the lowest of three FMRs that these people can show: groups are compared at it."""
    points = (operating_point(curves, fmr) for fmr in _COMMON_FMRS)
    return next((point.cosine for point in points if point.cosine is not None), float(curves.thresholds[-1]))


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
