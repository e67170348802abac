"""What clients say that they have."""

import pytest
from starlette.requests import Request

from sightline.gateway.rest.conditions import is_known


@pytest.mark.parametrize(
    ("header", "known"),
    [('"a"', True), ('W/"a"', True), ('"b" , "a"', True), ("*", True), ('"b"', False), ('"aa"', False), (None, False)],
)
def test_what_a_client_has_is_known_by_its_etag(header, known):
    """One of several, also where somebody between has made a weak one of it; and whatever there is."""
    headers = [] if header is None else [(b"if-none-match", header.encode())]
    assert is_known(Request({"type": "http", "headers": headers}), "a") is known
