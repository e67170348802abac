"""One against many, where most who are looked for are not enrolled (open set), ISO/IEC 19795-1.

Each person is enrolled by one picture, drawn at random, and so are the people of a smaller gallery. Whoever is searched
for is looked for twice: among all others, as a stranger, and with their own picture among them, as a mate.
"""

from dataclasses import dataclass

import numpy as np

from sightline.cli.evaluation.comparisons import Floats, Ints, Templates
from sightline.cli.evaluation.rates import Rate, to_rate

FPIRS = (1e-2, 3e-3, 1e-3, 1e-4)
RANKS = (1, 5, 10, 20)
SIZES = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
_DRAWS = 40
_POINTS = 400


@dataclass(frozen=True)
class Searches:
    """Searches in galleries of one size.

    Attributes:
        size: strangers in the gallery.
        thresholds: cosines, rising, shape (k,).
        fpir: share of strangers for whom anybody is at or above it, shape (1 + resamples, k).
        fnir: share of mates who are below it, or not the best match, or of whom no face was found; the same shape.
        ranks: share of mates among the best 1, 5, 10, 20, shape (1 + resamples, 4).
        strangers: people who were searched for as strangers.
        mates: people who were searched for as mates.
    """

    size: int
    thresholds: Floats
    fpir: Floats
    fnir: Floats
    ranks: Floats
    strangers: int
    mates: int


@dataclass(frozen=True)
class Point:
    """FNIR where the threshold gives an FPIR; `cosine` and `fnir` are None where n is too small for that FPIR."""

    fpir: float
    cosine: float | None
    fnir: Rate | None


def gallery_sizes(templates: Templates) -> list[int]:
    """Give the sizes of galleries that these people allow; the last is everybody but the one searched for."""
    most = int(np.count_nonzero(templates.sizes)) - 1
    return [*(size for size in SIZES if size < most), most]


def searches_of(templates: Templates, weights: Floats, size: int, seed: int = 1) -> Searches:
    """Search for everybody in galleries of `size` strangers, drawn again and again.

    Args:
        templates: of at least size + 1 people.
        weights: see `person_weights`; each resample has one of the galleries.
        size: strangers in the gallery.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    draws = [_searched(templates, size, random) for _ in range(_DRAWS)]
    thresholds = _grid(draws[0])
    everybody = [(templates.sizes > 0).astype(np.float64)] * _DRAWS
    mates = [_has_mates(templates, drawn) for drawn in draws]
    return Searches(
        size,
        thresholds,
        _averaged([_stranger_shares(templates, drawn, thresholds) for drawn in draws], everybody, weights),
        1 - _averaged([_mate_shares(templates, drawn, thresholds) for drawn in draws], mates, weights),
        _averaged([_rank_shares(templates, drawn) for drawn in draws], mates, weights),
        int(np.count_nonzero(templates.sizes)),
        templates.mated,
    )


def point_at(searches: Searches, fpir: float) -> Point:
    """Give the FNIR at the lowest threshold with at most that FPIR; each resample chooses its own threshold."""
    if fpir < 3 / max(searches.strangers, 1) or not searches.mates:
        return Point(fpir, None, None)
    held = searches.fpir <= fpir * (1 + 1e-9)
    places = np.where(held.any(axis=1), held.argmax(axis=1), len(searches.thresholds) - 1)
    chosen = np.take_along_axis(searches.fnir, places[:, None], axis=1)[:, 0]
    rate = to_rate(chosen[0], chosen[1:], searches.mates)
    return Point(fpir, float(searches.thresholds[places[0]]), rate)


def fpir_at(searches: Searches, cosine: float) -> Rate:
    """Give the FPIR at a threshold."""
    place = min(int(np.searchsorted(searches.thresholds, cosine)), len(searches.thresholds) - 1)
    return to_rate(searches.fpir[0, place], searches.fpir[1:, place], searches.strangers)


def fnir_at(searches: Searches, cosine: float) -> Rate:
    """Give the FNIR at a threshold."""
    place = min(int(np.searchsorted(searches.thresholds, cosine)), len(searches.thresholds) - 1)
    return to_rate(searches.fnir[0, place], searches.fnir[1:, place], searches.mates)


def rank_rates(searches: Searches) -> dict[int, Rate]:
    """Give the share of mates found among the best k."""
    columns = enumerate(RANKS)
    return {
        rank: to_rate(searches.ranks[0, place], searches.ranks[1:, place], searches.mates) for place, rank in columns
    }


@dataclass(frozen=True)
class _Drawn:
    """One gallery: for each picture the best stranger, the mate (-inf where there is none), and the mate's rank."""

    top: Floats
    mate: Floats
    rank: Ints


def _searched(templates: Templates, size: int, random: np.random.Generator) -> _Drawn:
    """Enrol size + 1 people, so that without the one searched for `size` are left."""
    gallery = templates.others
    sizes = gallery.sizes
    people = random.permutation(np.nonzero(sizes)[0])[: size + 1]
    order = np.argsort(gallery.persons, kind="stable")
    begins = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    enrolled = order[begins[people] + random.integers(0, sizes[people])]
    column = np.full(templates.people, -1)
    column[people] = np.arange(len(people))
    own = column[templates.persons]
    scores = (templates.vectors @ gallery.vectors[enrolled].T).astype(np.float64)
    rows = np.arange(len(own))
    is_other = gallery.shown[enrolled[own]] != templates.shown
    mate = np.where((own >= 0) & is_other, scores[rows, own], -np.inf)
    # Of whoever is not enrolled, the last of the gallery is left out: it is as large for everybody.
    scores[rows, own] = -np.inf
    return _Drawn(scores.max(axis=1), mate, 1 + (scores > mate[:, None]).sum(axis=1))


def _stranger_shares(templates: Templates, drawn: _Drawn, thresholds: Floats) -> Floats:
    """Give for each person the share of their searches as a stranger that are at or above each threshold."""
    searched = np.maximum(templates.sizes, 1)
    return _reached(templates.persons, drawn.top, thresholds, templates.people) / searched[:, None]


def _mate_shares(templates: Templates, drawn: _Drawn, thresholds: Floats) -> Floats:
    """Give for each person the share of their searches as a mate in which they are the best match and that high."""
    best = np.where(drawn.rank == 1, drawn.mate, -np.inf)
    return _reached(templates.persons, best, thresholds, templates.people) / _mate_searches(templates, drawn)[:, None]


def _rank_shares(templates: Templates, drawn: _Drawn) -> Floats:
    """Give for each person the share of their searches as a mate in which they are among the best 1, 5, 10, 20."""
    found = np.isfinite(drawn.mate)
    rows = [np.bincount(templates.persons[found & (drawn.rank <= rank)], minlength=templates.people) for rank in RANKS]
    return np.stack(rows, axis=1) / _mate_searches(templates, drawn)[:, None]


def _mate_searches(templates: Templates, drawn: _Drawn) -> Floats:
    """Count each person's searches as a mate; 1 where there are none. A picture without a face counts: it misses."""
    searched = np.bincount(templates.persons[np.isfinite(drawn.mate)], minlength=templates.people)
    failed = np.bincount(templates.failed, minlength=templates.people)
    return np.maximum(searched + np.where(searched > 0, failed, 0), 1).astype(np.float64)


def _has_mates(templates: Templates, drawn: _Drawn) -> Floats:
    return (np.bincount(templates.persons[np.isfinite(drawn.mate)], minlength=templates.people) > 0).astype(np.float64)


def _reached(persons: Ints, scores: Floats, thresholds: Floats, people: int) -> Floats:
    """Count by person the scores at or above each threshold, shape (people, k)."""
    width = len(thresholds) + 1
    steps = np.searchsorted(thresholds, scores, side="right")
    counts = np.bincount(persons * width + steps, minlength=people * width).reshape(-1, width)
    return counts[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:].astype(np.float64)


def _averaged(shares: list[Floats], counted: list[Floats], weights: Floats) -> Floats:
    """Give the mean over people: the first row over all galleries, each resample over its own one."""
    means = np.empty((len(weights), shares[0].shape[1]))
    groups = np.arange(len(weights)) % len(shares)
    for group, (share, who) in enumerate(zip(shares, counted, strict=True)):
        drawn = weights[groups == group] * who
        means[groups == group] = (drawn @ share) / np.maximum(drawn.sum(axis=1), 1)[:, None]
    whole = [weights[0] * who for who in counted]
    means[0] = np.mean([(each @ share) / max(each.sum(), 1) for each, share in zip(whole, shares, strict=True)], axis=0)
    return means


def _grid(drawn: _Drawn) -> Floats:
    """Give thresholds at evenly spread shares of the best strangers and of mates, and finely where few are left."""
    spread = np.concatenate([np.linspace(0, 1, _POINTS), 1 - np.geomspace(1e-4, 1, _POINTS)])
    mates = drawn.mate[np.isfinite(drawn.mate)]
    parts = [np.quantile(part, spread) for part in (drawn.top, mates) if len(part)]
    parts += [np.nextafter(part, 2) for part in parts]
    return np.unique(np.concatenate([*parts, np.array([1.0])]))
