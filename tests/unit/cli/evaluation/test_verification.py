"""FMR and FNMR of crowds whose rates are known: found again within their intervals, and nothing claimed beyond."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import Crowd, cosine_of_fmr, true_fmr

from sightline.cli.evaluation.comparisons import genuine_of, impostors_of
from sightline.cli.evaluation.rates import to_rate
from sightline.cli.evaluation.resampling import person_weights
from sightline.cli.evaluation.verification import (
    curves_of,
    equal_error,
    false_matches,
    false_non_matches,
    fmr_at,
    operating_point,
)

CROWD = Crowd(people=300, dimension=24, spoilt=0.1)


@pytest.fixture(scope="module")
def curves():
    """Of three hundred people: 44,850 pairs of them."""
    templates = CROWD.templates()
    return curves_of(impostors_of(templates), genuine_of(templates), person_weights(CROWD.people, 100))


@pytest.mark.parametrize("fmr", [1e-1, 1e-2])
def test_a_known_false_match_rate_is_recovered_within_its_interval(fmr):
    """In nineteen of twenty crowds of one kind the interval has the true rate; in fifteen of them by any luck."""
    cosine, covered = cosine_of_fmr(24, fmr), 0
    for seed in range(20):
        impostors = impostors_of(Crowd(80, 24, seed=seed).templates())
        found = false_matches(impostors, person_weights(80, 100, seed), np.array([cosine]))[:, 0]
        rate = to_rate(found[0], found[1:], impostors.pairs)
        covered += rate.low <= fmr <= rate.high
    assert covered >= 18


def test_a_known_false_non_match_rate_is_recovered_within_its_interval():
    """One in ten people has a picture that does not look like them."""
    covered = 0
    for seed in range(20):
        genuine = genuine_of(Crowd(120, 24, 0.1, seed).templates())
        found = false_non_matches(genuine, person_weights(120, 100, seed), np.array([0.5]))[:, 0]
        rate = to_rate(found[0], found[1:], len(genuine.members))
        covered += rate.low <= 0.1 <= rate.high
    assert covered >= 18


def test_at_each_fmr_the_threshold_is_the_one_of_the_formula(curves):
    """The cosine that is found for an FMR has about that FMR in truth, and the FNMR is that of the spoilt pictures."""
    for wanted in (1e-2, 1e-3):
        point = operating_point(curves, wanted)
        assert true_fmr(24, point.cosine) == pytest.approx(wanted, rel=0.4)
        assert point.fnmr.low <= 0.1 <= point.fnmr.high
        assert point.fnmr.high - point.fnmr.low < 0.1


def test_nothing_is_claimed_below_three_of_n(curves):
    """44,850 pairs of people show 1e-4 and not 1e-5, whatever was found."""
    assert operating_point(curves, 1e-4).cosine is not None
    assert operating_point(curves, 1e-5).cosine is None
    last = fmr_at(curves, len(curves.thresholds) - 1)
    assert (last.value, last.is_measured) == (0.0, False)
    assert 2.9 / curves.pairs < last.high < 4 / curves.pairs


def test_many_pictures_of_one_person_count_as_one_person():
    """The same picture fifty times over changes no rate and no n."""
    once = Crowd(40, 8).templates()
    rows = np.concatenate([np.zeros(50, np.int64), np.arange(len(once.persons))])
    often = replace(once, vectors=once.vectors[rows], persons=once.persons[rows])
    few, many = impostors_of(once), impostors_of(often)
    assert few.pairs == many.pairs == 40 * 39 // 2
    others = false_matches(few, np.eye(1, 40)[:1] * 0 + (np.arange(40) > 0), np.array([0.3]))
    assert false_matches(many, np.ones((1, 40)) * (np.arange(40) > 0), np.array([0.3])) == pytest.approx(others)


def test_the_equal_error_rate_lies_where_the_curves_cross(curves):
    """With one in ten spoilt both errors are 10 % somewhere near the cosine that one in ten strangers reach."""
    equal = equal_error(curves)
    assert equal.rate.low <= equal.rate.value <= equal.rate.high
    assert equal.rate.is_measured
    assert equal.rate.value == pytest.approx(true_fmr(24, equal.cosine), abs=0.02)
