"""One against one: how often two people are taken for one (FMR), and one person for two (FNMR), ISO/IEC 19795-1."""

from dataclasses import dataclass

import numpy as np

from sightline.cli.evaluation.comparisons import Floats, Genuine, Impostors, Ints
from sightline.cli.evaluation.rates import Rate, to_rate

FMRS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
# Products of weights that are held at a time: 80 MB.
_AT_A_TIME = 10_000_000
_POINTS = 300


@dataclass(frozen=True)
class Curves:
    """False match and non-match rates by threshold, of everybody (the first row) and of each resample.

    Attributes:
        thresholds: cosines, rising, shape (k,).
        fmr: shape (1 + resamples, k).
        fnmr: the same.
        pairs: pairs of different people.
        people: with two pictures and more.
    """

    thresholds: Floats
    fmr: Floats
    fnmr: Floats
    pairs: int
    people: int


@dataclass(frozen=True)
class Operating:
    """FNMR where the threshold gives an FMR; `cosine` and `fnmr` are None where n is too small for that FMR."""

    fmr: float
    cosine: float | None
    fnmr: Rate | None


@dataclass(frozen=True)
class EqualError:
    """Where both rates are the same; of n = 0 where the comparisons that were kept do not reach so far down."""

    rate: Rate
    cosine: float


def curves_of(impostors: Impostors, genuine: Genuine, weights: Floats) -> Curves:
    """Compute both rates over all thresholds of interest.

    Args:
        impostors: comparisons of different people.
        genuine: comparisons of one person's own.
        weights: see `person_weights`.
    """
    thresholds = _grid(impostors, genuine)
    fmr = false_matches(impostors, weights, thresholds)
    fnmr = false_non_matches(genuine, weights, thresholds)
    return Curves(thresholds, fmr, fnmr, impostors.pairs, len(genuine.members))


def false_matches(impostors: Impostors, weights: Floats, thresholds: Floats) -> Floats:
    """Give the share of impostors at or above each threshold (rising), shape (1 + resamples, k)."""
    ends = np.searchsorted(-impostors.score, -thresholds, side="right")
    found = _weighted(impostors.first, impostors.second, impostors.weight, weights, ends)
    drawn = weights[:, impostors.members]
    pairs = (drawn.sum(axis=1) ** 2 - (drawn**2).sum(axis=1)) / 2
    rates = _share(found, pairs)
    rates[:, thresholds < impostors.floor] = np.nan
    return rates


def false_non_matches(genuine: Genuine, weights: Floats, thresholds: Floats) -> Floats:
    """Give the share of genuine comparisons below each threshold (rising), shape (1 + resamples, k)."""
    ends = np.searchsorted(genuine.score, thresholds, side="left")
    found = _weighted(genuine.person, None, genuine.weight, weights, ends)
    return _share(found, weights[:, genuine.members].sum(axis=1))


def fmr_at(curves: Curves, place: int) -> Rate:
    """Give the FMR at one of the thresholds."""
    return to_rate(curves.fmr[0, place], curves.fmr[1:, place], curves.pairs)


def fnmr_at(curves: Curves, place: int) -> Rate:
    """Give the FNMR at one of the thresholds."""
    return to_rate(curves.fnmr[0, place], curves.fnmr[1:, place], curves.people)


def operating_point(curves: Curves, fmr: float) -> Operating:
    """Give the FNMR at the lowest threshold with at most that FMR; each resample chooses its own threshold."""
    if fmr < 3 / max(curves.pairs, 1) or not curves.people:
        return Operating(fmr, None, None)
    places = _first_at_most(curves.fmr, fmr)
    chosen = np.take_along_axis(curves.fnmr, places[:, None], axis=1)[:, 0]
    return Operating(fmr, float(curves.thresholds[places[0]]), to_rate(chosen[0], chosen[1:], curves.people))


def equal_error(curves: Curves) -> EqualError:
    """Give the rate at which both errors are equally frequent."""
    gaps = np.where(np.isnan(curves.fmr), np.inf, curves.fmr) - curves.fnmr
    places = np.argmax(gaps <= 0, axis=1)
    rows = np.arange(len(places))
    rates = (curves.fmr[rows, places] + curves.fnmr[rows, places]) / 2
    # Where the first threshold that was kept is beyond the crossing, nothing is known of it.
    rates[(places == 0) | np.isnan(curves.fmr[rows, np.maximum(places - 1, 0)])] = np.nan
    return EqualError(to_rate(rates[0], rates[1:], curves.people), float(curves.thresholds[places[0]]))


def _first_at_most(rates: Floats, wanted: float) -> Ints:
    """Give for each row the first place where the rate, which falls, is at most that."""
    held = np.where(np.isnan(rates), np.inf, rates) <= wanted * (1 + 1e-9)
    return np.asarray(np.where(held.any(axis=1), held.argmax(axis=1), rates.shape[1] - 1), np.int64)


def _grid(impostors: Impostors, genuine: Genuine) -> Floats:
    """Give thresholds at which something changes: at evenly spread ranks, and the highest impostors one by one."""
    ranks = np.unique(np.geomspace(1, max(len(impostors.score), 1), 2 * _POINTS).astype(np.int64)) - 1
    parts = [impostors.score[ranks]] if len(impostors.score) else []
    # Just above, too: there an impostor is no longer counted.
    parts += [np.nextafter(part, 2) for part in parts]
    if len(genuine.score):
        parts.append(np.quantile(genuine.score, np.linspace(0, 1, _POINTS)))
    return np.unique(np.concatenate([*parts, np.array([1.0])]))


def _weighted(first: Ints, second: Ints | None, weight: Floats, weights: Floats, ends: Ints) -> Floats:
    """Sum the weights of the first so many comparisons, for each resample, shape (1 + resamples, len(ends))."""
    count = int(ends.max(initial=0))
    sums = np.zeros((len(weights), len(ends)))
    if not count:
        return sums
    marks = np.unique(ends)
    marks = marks[marks > 0]
    starts = np.concatenate([[0], marks[:-1]])
    at = np.searchsorted(marks, ends)
    rows = max(1, _AT_A_TIME // count)
    for begin in range(0, len(weights), rows):
        drawn = np.ascontiguousarray(weights[begin : begin + rows].T)
        products = drawn[first[:count]] * weight[:count, None]
        if second is not None:
            products *= drawn[second[:count]]
        added = np.cumsum(np.add.reduceat(products, starts, axis=0), axis=0)
        known = ends > 0
        sums[begin : begin + rows, known] = added[at[known]].T
    return sums


def _share(found: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        # Sums of many small weights may end a hair above one.
        return np.where(whole[:, None] > 0, np.minimum(found / whole[:, None], 1.0), np.nan)
