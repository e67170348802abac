"""Page tokens: opaque to callers, the last key of the page before to us."""

from __future__ import annotations

import base64
import binascii

from sightline.chassis.errors import InvalidInput

DEFAULT_SIZE = 100


def page_size(asked: int) -> int:
    """The size of the page; 0 asks for the default."""
    return asked or DEFAULT_SIZE


def to_token(last_key: str) -> str:
    """The token of the page behind that key."""
    return base64.urlsafe_b64encode(last_key.encode()).decode()


def from_token(token: str) -> str:
    """The key behind which the page begins; "" for the first. Raises InvalidInput PAGE_TOKEN_INVALID."""
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise refused_token() from error


def refused_token() -> InvalidInput:
    """The error of a token that is none of ours."""
    return InvalidInput("PAGE_TOKEN_INVALID", "The page token is not one of ours: start from the first page.")
