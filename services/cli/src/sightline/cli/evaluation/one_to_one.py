"""One against one: all that is found of it, for any templates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sightline.cli.evaluation.comparisons import Floats, Genuine, Impostors, Templates, genuine_of, impostors_of
from sightline.cli.evaluation.rates import Rate, to_rate
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

_DET_POINTS = 60


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
class Compared:
    """All comparisons of some templates, and both rates over every threshold."""

    impostors: Impostors
    genuine: Genuine
    curves: Curves
    weights: Floats

    def at(self, name: str, cosine: float) -> AtThreshold:
        """Give both rates at exactly this cosine."""
        fmr = false_matches(self.impostors, self.weights, np.array([cosine]))[:, 0]
        fnmr = false_non_matches(self.genuine, self.weights, np.array([cosine]))[:, 0]
        rates = to_rate(fmr[0], fmr[1:], self.curves.pairs), to_rate(fnmr[0], fnmr[1:], self.curves.people)
        return AtThreshold(name, cosine, *rates)

    def verification(self) -> Verification:
        """Give the curve, the points of interest on it, and what the tail says beyond it."""
        curves, tail = self.curves, fit_tail(self.impostors)
        operating = [operating_point(curves, fmr) for fmr in FMRS]
        beyond = []
        for point in operating:
            if point.cosine is None and tail is not None and curves.people:
                cosine = tail.cosine_at(point.fmr)
                place = min(int(np.searchsorted(curves.thresholds, cosine)), len(curves.thresholds) - 1)
                beyond.append((point.fmr, cosine, fnmr_at(curves, place)))
        return Verification(_det(curves), operating, beyond, equal_error(curves), tail, curves.pairs, curves.people)


def compared(templates: Templates, weights: Floats) -> Compared:
    """Compare them; `weights` as `person_weights` gives them."""
    impostors, genuine = impostors_of(templates), genuine_of(templates)
    return Compared(impostors, genuine, curves_of(impostors, genuine, weights), weights)


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
