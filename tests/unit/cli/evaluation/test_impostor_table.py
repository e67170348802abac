"""The table of false matches: rates that hold, people who weigh the same, and nothing below three comparisons."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import Crowd, cosine_of_fmr, true_fmr

from sightline.chassis.calibration import RULE_OF_THREE
from sightline.cli.evaluation.comparisons import Templates, impostors_of
from sightline.cli.evaluation.impostor_table import highest_count, impostor_table
from sightline.cli.evaluation.resampling import person_weights

PEOPLE = 80


def table_of(templates: Templates, resamples: int = 150):
    """Table and intervals of somebody's templates."""
    return impostor_table(impostors_of(templates), person_weights(templates.people, resamples))


def test_what_the_table_promises_holds_and_is_no_more_than_it_has_to_be():
    """In eighteen of twenty crowds the true rate is at most the promised one, which is near it while there is much."""
    held = 0
    for seed in range(20):
        table, _ = table_of(Crowd(PEOPLE, 16, seed=seed).templates(), resamples=100)
        cosine, promised = next(point for point in table if point[1] <= 0.05)
        held += true_fmr(16, cosine) <= promised
        assert cosine < cosine_of_fmr(16, 0.02)
    assert held >= 18


def test_the_intervals_stand_at_the_cosines_of_the_table():
    """Each says what was found; the promise lies between that and the upper end, or is the least of all."""
    table, intervals = table_of(Crowd(PEOPLE, 16).templates())
    assert [each.cosine for each in intervals] == [cosine for cosine, _ in table]
    assert all(each.low <= each.fmr <= each.high for each in intervals)
    assert all(each.fmr <= rate for each, (_, rate) in zip(intervals, table, strict=True))
    assert table[0][1] == intervals[0].fmr == 1.0


def test_the_upper_end_of_a_count_is_that_of_the_tables():
    """Nothing found leaves three open (the rule of three), three 7.75, ten 16.96, a hundred 118.1."""
    ends = highest_count(np.array([0.0, 3.0, 10.0, 100.0]))
    assert ends == pytest.approx([2.996, 7.754, 16.962, 118.08], rel=0.011)


def test_nothing_is_claimed_below_three_of_all_comparisons():
    """The table ends at 3/n, where n counts pairs of people, not of pictures, and falls all the way."""
    table, _ = table_of(Crowd(PEOPLE, 16).templates())
    assert table[-1][1] == pytest.approx(RULE_OF_THREE / (PEOPLE * (PEOPLE - 1) // 2))
    assert len(table) > 20
    assert [rate for _, rate in table] == sorted({rate for _, rate in table}, reverse=True)
    assert [cosine for cosine, _ in table] == sorted({cosine for cosine, _ in table})


def test_a_person_with_many_pictures_weighs_as_one():
    """The same pictures again change nothing: the table is about people."""
    once = Crowd(40, 8).templates()
    rows = np.concatenate([np.tile([0, 1], 30), np.arange(len(once.persons))])
    often = replace(once, vectors=once.vectors[rows], persons=once.persons[rows])
    (table, _), (repeated, _) = table_of(once), table_of(often)
    assert repeated == pytest.approx(np.array(table))


def test_pictures_of_one_person_are_never_compared():
    """However similar a person's own pictures are, the table knows only what different people have in common."""
    vectors = np.repeat(np.eye(12, dtype=np.float32), 3, axis=0)
    templates = Templates(vectors, np.repeat(np.arange(12), 3), 12, np.zeros(0, np.int64))
    assert table_of(templates)[0][-1][0] <= 0.001
