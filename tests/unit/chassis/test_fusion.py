"""How several views of a face become one template."""

import numpy as np
import pytest
from fakes import vector_of
from hypothesis import given
from hypothesis import strategies as st

from sightline.chassis.fusion import fused

QUALITIES = st.floats(0, 1, width=32)
SHOTS = st.lists(st.tuples(QUALITIES, st.sampled_from("abcdefgh").map(vector_of)), min_size=1, max_size=8)


@given(SHOTS.flatmap(lambda shots: st.tuples(st.just(shots), st.permutations(shots))))
def test_fusion_does_not_depend_on_the_order(case):
    """The same shots in any order give the same bytes."""
    shots, shuffled = case
    assert fused(shots).tobytes() == fused(shuffled).tobytes()


@given(SHOTS)
def test_fusion_is_a_template(shots):
    """Whatever is fused is of unit length and finite."""
    template = fused(shots)
    assert template.shape == (8,)
    assert np.linalg.norm(template.astype(np.float64)) == pytest.approx(1, abs=1e-6)


def test_the_better_shot_weighs_more():
    """The fused vector lies nearer to the shot of higher quality."""
    good, poor = vector_of("ann"), vector_of("ben")
    both = fused([(0.9, good), (0.1, poor)])
    assert both @ good > both @ poor


def test_shots_that_cancel_each_other_out_are_no_division_by_zero():
    """Two opposite views have no mean direction: the better one stands for the track."""
    vector = vector_of("ann")
    assert np.array_equal(fused([(0.5, vector), (0.5, -vector)]), max(vector, -vector, key=lambda v: v.tobytes()))
