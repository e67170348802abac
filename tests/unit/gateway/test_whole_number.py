"""Numbers that strangers write, before anybody knows who they are."""

from __future__ import annotations

import pytest

from sightline.gateway.whole_number import whole_number


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("20", 20), ("07", 7)])
def test_a_number_within_its_bounds_is_one(text, number):
    """Also with a zero before it, as long as it is no longer than the greatest."""
    assert whole_number(text, 1, 20) == number


@pytest.mark.parametrize("text", ["", "0", "21", "-1", "1.0", "1e1", " 1", "\u0663", "\u00b2", "001", "1" + "9" * 5000])
def test_what_is_none_is_none(text):
    """Digits of other scripts, and numbers so long that nothing can count to them, however they begin."""
    assert whole_number(text, 1, 20) is None
