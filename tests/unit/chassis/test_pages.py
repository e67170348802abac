from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.chassis.errors import InvalidInput
from sightline.chassis.pages import from_token, page_size, to_token


@given(st.text())
def test_a_token_holds_its_key(key):
    """What a token was made of comes out of it again; the first page's key is empty."""
    assert from_token(to_token(key)) == key


@pytest.mark.parametrize("token", ["a", "____", "gA=="])
def test_what_is_no_token_is_refused(token):
    """A token that is not base64, or not of text, is PAGE_TOKEN_INVALID."""
    with pytest.raises(InvalidInput, match="PAGE_TOKEN_INVALID"):
        from_token(token)


def test_no_size_asks_for_the_default():
    """0 means 100; anything else is taken as it is."""
    assert (page_size(0), page_size(7)) == (100, 7)
