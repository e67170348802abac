"""The extrapolation beyond what was compared: right where the tail is what it is taken for."""

import numpy as np
import pytest

from sightline.cli.evaluation.comparisons import Impostors
from sightline.cli.evaluation.tail import Tail, fit_tail


def impostors(score) -> Impostors:
    """Comparisons with these cosines, of as many pairs of people as there are."""
    score = -np.sort(-score)
    people = int((1 + (1 + 8 * len(score)) ** 0.5) / 2)
    none = np.zeros(len(score), np.int64)
    return Impostors(none, none, score, np.ones(len(score)), np.arange(people), -2.0, np.zeros(1))


def test_an_exponential_tail_is_continued():
    """Two decades beyond the last cosine that was compared the FMR is right within a factor of three."""
    random = np.random.default_rng(3)
    tail = fit_tail(impostors(random.exponential(0.04, 79_800)))
    for fmr in (1e-3, 1e-5, 1e-6):
        assert tail.fmr_at(-0.04 * np.log(fmr)) == pytest.approx(fmr, rel=2)
    assert abs(tail.shape) < 0.1


def test_a_tail_that_ends_is_seen_to_end():
    """Of evenly spread cosines none is above the highest."""
    random = np.random.default_rng(4)
    tail = fit_tail(impostors(random.uniform(0, 0.5, 79_800)))
    assert tail.shape > 0.5
    assert tail.cosine_at(1e-9) == pytest.approx(0.5, abs=0.005)


def test_too_few_comparisons_are_not_continued():
    """A hundredth of a thousand comparisons is no tail."""
    assert fit_tail(impostors(np.linspace(0, 0.5, 990))) is None


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.3])
def test_cosine_and_rate_are_each_other_s_inverse(shape):
    """There and back, for tails that end, that do not, and that fall evenly."""
    tail = Tail(0.3, 1e-2, shape, 0.02)
    for fmr in (5e-3, 1e-3, 1e-4):
        assert tail.fmr_at(tail.cosine_at(fmr)) == pytest.approx(fmr)
