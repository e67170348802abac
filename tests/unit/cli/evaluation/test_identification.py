"""Searches in galleries: as often wrong as the formula says of strangers who are independent."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import Crowd, cosine_of_fmr

from sightline.cli.evaluation.identification import (
    fnir_at,
    fpir_at,
    gallery_sizes,
    point_at,
    rank_rates,
    searches_of,
)
from sightline.cli.evaluation.resampling import person_weights

PEOPLE = 350


@pytest.fixture(scope="module")
def templates():
    """Three hundred and fifty people, of whom one in ten has a spoilt picture."""
    return Crowd(PEOPLE, 32, 0.1).templates()


@pytest.fixture(scope="module")
def weights():
    """Few resamples: enough for an interval."""
    return person_weights(PEOPLE, 80)


@pytest.mark.parametrize("size", [10, 50, 200])
def test_the_false_alarm_rate_grows_with_the_gallery_as_the_formula_says(templates, weights, size):
    """At a threshold with a known FMR, FPIR is 1 - (1 - FMR)^N, within the interval."""
    fmr = 1e-3
    rate = fpir_at(searches_of(templates, weights, size), cosine_of_fmr(32, fmr))
    assert rate.low <= 1 - (1 - fmr) ** size <= rate.high
    assert rate.n == PEOPLE


def test_a_mate_is_missed_as_often_as_a_picture_is_spoilt(templates, weights):
    """A spoilt picture is never the best match, and rank 1 finds all others."""
    searches = searches_of(templates, weights, 100)
    fnir = fnir_at(searches, 0.7)
    assert fnir.low <= 0.1 <= fnir.high
    ranks = rank_rates(searches)
    assert ranks[1].value == pytest.approx(1 - fnir.value, abs=0.02)
    assert [ranks[rank].value for rank in (1, 5, 10, 20)] == sorted(ranks[rank].value for rank in (1, 5, 10, 20))


def test_an_fpir_that_so_few_people_cannot_show_is_not_claimed(templates, weights):
    """Three hundred and fifty people show 1e-2, and nothing below 3/350."""
    searches = searches_of(templates, weights, 100)
    shown = point_at(searches, 1e-2)
    assert shown.fnir is not None
    assert shown.fnir.low <= 0.1 <= shown.fnir.high
    assert point_at(searches, 3e-3).fnir is None


def test_a_picture_without_a_face_is_a_miss(templates, weights):
    """Of everybody one picture more was taken, and no face found in it: half of all searches fail for it."""
    blind = replace(templates, failed=np.arange(PEOPLE))
    fnir = fnir_at(searches_of(blind, weights, 50), 0.7)
    assert fnir.value == pytest.approx(0.55, abs=0.04)


def test_galleries_are_as_large_as_there_are_people_for():
    """The last size is everybody but the one who is searched for."""
    assert gallery_sizes(Crowd(120, 8).templates()) == [10, 20, 50, 100, 119]
