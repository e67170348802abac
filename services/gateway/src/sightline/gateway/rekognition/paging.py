"""Pages of answers, whose tokens say behind what the next one begins: nothing is kept for them here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sightline.chassis.ids import derived_id
from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

T = TypeVar("T")

DEFAULT_SIZE = 1000
_CHECKED = 8
LONGEST = 255 - _CHECKED
"""Characters of a key that a token has room for."""


def to_token(listing: str, key: str) -> str:
    """The token of the page behind `key`, of one listing (an operation and what it lists)."""
    return derived_id("page", listing, key)[:_CHECKED] + key


def from_token(listing: str, token: str) -> str:
    """The key behind which a page begins; "" for the first. Raises AwsError InvalidPaginationTokenException."""
    key = token[_CHECKED:]
    if token and to_token(listing, key) != token:
        raise AwsError("InvalidPaginationTokenException", "Invalid Token")
    return key


async def page(
    items: AsyncIterator[T], size: int, key_of: Callable[[T], str], listing: str
) -> tuple[list[T], str | None]:
    """So many of the items, and the token of what follows; None at the end.

    A page whose last key is too long for a token gets one item more.
    """
    taken: list[T] = []
    async for item in items:
        if len(taken) >= size and len(key_of(taken[-1])) <= LONGEST:
            return taken, to_token(listing, key_of(taken[-1]))
        taken.append(item)
    return taken, None
