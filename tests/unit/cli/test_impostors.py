"""The table of false matches: rates that hold, people who weigh the same, and nothing below three comparisons."""

import itertools

import numpy as np
import pytest

from sightline.chassis.calibration import RULE_OF_THREE
from sightline.cli.impostors import comparisons_of, fmr_table, highest_count


def people_of(*sizes: int, seed: int = 7) -> list[np.ndarray]:
    """Unit vectors in six dimensions, so many for each person, near a centre of their own."""
    random = np.random.default_rng(seed)

    def theirs(size):
        vectors = random.normal(size=6) + random.normal(scale=0.3, size=(size, 6))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    return [theirs(size) for size in sizes]


def share(people, cosine: float) -> float:
    """Of all pairs of people, how much is at or above the cosine; each pair weighs the same."""
    pairs = list(itertools.combinations(people, 2))
    return sum(float(np.mean(one @ other.T >= cosine)) for one, other in pairs) / len(pairs)


@pytest.fixture(scope="module")
def people():
    """Sixty people, some with many pictures."""
    return people_of(*([1] * 20 + [3] * 20 + [12] * 20))


def most(people, cosine: float) -> float:
    """The upper end of what the comparisons leave open there."""
    n = comparisons_of(people)
    return float(highest_count(np.array(share(people, cosine) * n))) / n


def test_every_rate_of_the_table_holds_and_is_tight(people):
    """At each cosine the rate is at most that, with 95 % confidence, and one step of cosine lower it would be more."""
    table = fmr_table(people)
    assert len(table) > 20
    for cosine, rate in table[1:]:
        assert share(people, cosine) < most(people, cosine) <= rate * (1 + 1e-6)
        assert most(people, cosine - 0.0002) > rate * (1 - 1e-3)


def test_the_upper_end_of_a_count_is_that_of_the_tables():
    """Nothing found leaves three open (the rule of three), three 7.75, ten 16.96, a hundred 118.1."""
    ends = highest_count(np.array([0.0, 3.0, 10.0, 100.0]))
    assert ends == pytest.approx([2.996, 7.754, 16.962, 118.08], rel=0.011)


def test_nothing_is_claimed_below_three_of_all_comparisons(people):
    """The table ends at 3/n, where n counts pairs of people, not of pictures; it begins where nobody is below."""
    table = fmr_table(people)
    assert comparisons_of(people) == 60 * 59 // 2
    assert table[-1][1] == pytest.approx(RULE_OF_THREE / comparisons_of(people))
    assert share(people, table[-1][0]) * comparisons_of(people) < 0.05, "no pair of people is as similar as that"
    assert table[0][1] == 1.0
    assert share(people, table[0][0]) == 1.0
    assert [rate for _, rate in table] == sorted((rate for _, rate in table), reverse=True)


def test_a_person_with_many_pictures_weighs_as_one():
    """The same pictures again change nothing: the table is about people."""
    people = people_of(*[2] * 30)
    repeated = [np.concatenate([people[0]] * 50), *people[1:]]
    assert fmr_table(repeated) == fmr_table(people)


def test_pictures_of_one_person_are_never_compared():
    """However similar a person's own pictures are, the table knows only what different people have in common."""
    axes = np.eye(12, dtype=np.float32)
    people = [np.stack([axis, axis, axis]) for axis in axes]
    assert fmr_table(people)[-1][0] < 0.001
