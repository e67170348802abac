from __future__ import annotations

import numpy as np
import pytest
from fakes import vector_of
from hypothesis import given
from hypothesis import strategies as st

from sightline.chassis.errors import InvalidInput
from sightline.match.vectors import SetHash, checked, vector_hash

ELEMENTS = st.lists(st.integers(0, SetHash.MODULUS - 1), max_size=12)


@pytest.mark.parametrize(
    "values",
    [
        vector_of("ann")[:-1],
        np.append(vector_of("ann"), 0),
        vector_of("ann") * 1.01,
        vector_of("ann") * 0,
        vector_of("ann") * 1e30,
        np.full(8, np.nan),
        np.full(8, np.inf),
        np.where(np.arange(8) == 3, np.nan, vector_of("ann")),
        [],
        vector_of("ann").reshape(2, 4),
    ],
)
def test_what_is_no_template_is_refused(values):
    """Another dimension, another length, NaN and infinity are refused before an index would take them silently."""
    with pytest.raises(InvalidInput, match="TEMPLATE_INVALID"):
        checked(values, 8)


def test_a_template_is_taken_as_it_is():
    """A unit vector passes unchanged, as float32."""
    vector = vector_of("ann")
    assert checked(vector.tolist(), 8).dtype == np.float32
    assert np.array_equal(checked(vector.tolist(), 8), vector)


@given(ELEMENTS.flatmap(lambda elements: st.tuples(st.just(elements), st.permutations(elements))), ELEMENTS)
def test_the_set_hash_is_of_the_set_alone(case, passing):
    """Faces that come in any order, and others that come and go in between, lead to the same hash."""
    elements, shuffled = case
    plain, travelled = SetHash(), SetHash()
    for element in elements:
        plain = plain.add(element)
    for element in (*passing, *shuffled):
        travelled = travelled.add(element)
    for element in reversed(passing):
        travelled = travelled.remove(element)
    assert plain.to_bytes() == travelled.to_bytes()
    assert len(plain.to_bytes()) == 32


def test_the_set_hash_sees_every_change():
    """Another id or another vector is another element."""
    ann, ben = vector_hash(vector_of("ann")), vector_hash(vector_of("ben"))
    assert len({SetHash.element("1", ann), SetHash.element("2", ann), SetHash.element("1", ben)}) == 3
