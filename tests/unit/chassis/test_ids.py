from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.chassis.ids import derived_id, is_id, new_id

PARTS = st.lists(st.text() | st.binary(), max_size=4)


def test_new_ids_are_tokens_and_differ():
    """A thousand new ids have the form of one and are all different."""
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_id(text) for text in made)


@given(PARTS)
def test_a_derived_id_is_a_token_and_stays(parts):
    """Whatever it is made of, a derived id is a legal token, and the same parts give the same one."""
    assert is_id(derived_id(*parts))
    assert derived_id(*parts) == derived_id(*parts)


@given(st.text(min_size=1), st.text(min_size=1))
def test_parts_do_not_run_together(first, second):
    """Two parts are not the same as their concatenation, nor as another cut of it."""
    whole = first + second
    cuts = {derived_id(whole[:n], whole[n:]) for n in range(len(whole) + 1)} | {derived_id(whole)}
    assert len(cuts) == len(whole) + 2


def test_a_derived_id_is_fixed():
    """Ids are stored: this one must be the same in every release."""
    assert derived_id("watchlist", b"\x00", "Person.One:2") == "jpojf43ytxikmng57vrrb6i643"


@pytest.mark.parametrize(
    "text", ["", "a" * 25, "a" * 27, "A" * 26, "a" * 25 + ".", "a" * 25 + "*", "a" * 26 + "\n", "ä" * 26, "٣" * 26]
)
def test_what_only_resembles_an_id_is_none(text):
    """Length, case and alphabet are exact; a trailing line break does not slip through."""
    assert not is_id(text)
