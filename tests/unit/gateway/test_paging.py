"""Pages, and the tokens that lead from one to the next."""

from __future__ import annotations

import pytest

from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.paging import from_token, page, to_token


async def stream(items):
    for item in items:
        yield item


async def test_pages_hold_everything_once():
    """Each page ends where the next begins; the last has no token."""
    names, after, pages = ["a", "b", "c"], "", []
    while True:
        found, token = await page(stream([name for name in names if name > after]), 2, str, "names")
        pages.append(found)
        if token is None:
            break
        after = from_token("names", token)
    assert pages == [["a", "b"], ["c"]]


async def test_a_key_that_fits_no_token_does_not_end_a_page():
    """Tokens have at most 255 characters: the page gets one more."""
    found, token = await page(stream(["a" * 255, "b", "c"]), 1, str, "names")
    assert (len(found), from_token("names", token)) == (2, "b")


@pytest.mark.parametrize("token", ["garbage", "short", to_token("others", "a"), "x" + to_token("names", "a")])
def test_foreign_tokens_are_refused(token):
    """Made up, or of another list."""
    with pytest.raises(AwsError, match="InvalidPaginationTokenException: Invalid Token"):
        from_token("names", token)
