"""Groups beside each other: a planted difference is found, none is made up, and few people claim nothing."""

import numpy as np
import pytest
from made_people import Crowd, cosine_of_ratio, together, true_fmr

from sightline.cli.evaluation.differentials import Pictures, groups_of, ratio_of
from sightline.cli.evaluation.resampling import person_weights

EACH = 150


def groups(one: Crowd, other: Crowd, cosine: float, missing: int = 0):
    """Both crowds, labelled, measured at a threshold; of the second, some pictures without a face."""
    templates = together(one.templates(), other.templates())
    persons = np.concatenate([templates.persons, np.full(missing, one.people)])
    rows = np.concatenate([np.arange(len(templates.persons)), np.full(missing, -1)])
    region = np.where(persons < one.people, "north", "south").tolist()
    sex = np.where(persons % 2, "f", "m").tolist()
    pictures = Pictures(persons, rows, {"region": region, "sex": sex})
    weights = person_weights(templates.people, 300)
    return lambda *columns: groups_of(templates, pictures, columns, np.array([cosine]), weights)[0]


def test_a_planted_tenfold_difference_is_found_with_its_interval():
    """The south lies on a narrower sphere: its people are taken for each other ten times as often."""
    cosine = cosine_of_ratio(narrow=16, wide=32, ratio=10)
    measured = groups(Crowd(EACH, 32, seed=1), Crowd(EACH, 16, seed=2), cosine)("region")
    north, south = measured
    assert north.fmr.low <= true_fmr(32, cosine) <= north.fmr.high
    assert south.fmr.low <= true_fmr(16, cosine) <= south.fmr.high
    ratio = ratio_of(measured, "fmr")
    assert (ratio.highest, ratio.lowest, ratio.is_at_least) == ("south", "north", False)
    assert ratio.low <= 10 <= ratio.high
    assert ratio.low > 4
    assert ratio.to_mean == pytest.approx(ratio.value**0.5)


def test_where_there_is_no_difference_the_interval_has_one():
    """Two crowds of one kind."""
    ratio = ratio_of(groups(Crowd(EACH, 24, seed=3), Crowd(EACH, 24, seed=4), 0.4)("region"), "fmr")
    assert ratio.low <= 1.05
    assert ratio.value < 2


def test_intersections_are_groups_of_their_own():
    """Of two columns, every pair of labels."""
    measured = groups(Crowd(EACH, 24, seed=5), Crowd(EACH, 24, seed=6), 0.4)("region", "sex")
    assert [group.name for group in measured] == ["north · f", "north · m", "south · f", "south · m"]
    assert {group.people for group in measured} == {EACH // 2}


def test_pictures_without_a_face_are_counted_where_they_were_taken():
    """Failures to enrol are of the group whose pictures they are."""
    north, south = groups(Crowd(50, 24, seed=7), Crowd(50, 24, seed=8), 0.4, missing=25)("region")
    assert (north.fte.value, south.fte.value) == (0.0, pytest.approx(0.2))
    assert not north.fte.is_measured
    assert south.fte.low <= 0.2 <= south.fte.high


def test_too_few_people_give_no_ratio_and_say_so():
    """Of ten people no false match can be seen; of two groups of which one is small, only `at least`."""
    assert ratio_of(groups(Crowd(10, 32, seed=1), Crowd(10, 32, seed=2), 0.8)("region"), "fmr") is None
    cosine = cosine_of_ratio(narrow=16, wide=32, ratio=10)
    ratio = ratio_of(groups(Crowd(40, 32, seed=1), Crowd(EACH, 16, seed=2), cosine)("region"), "fmr")
    assert ratio.is_at_least
    assert ratio.value < 12
