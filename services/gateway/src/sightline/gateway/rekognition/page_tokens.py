"""Tokens of lists that the gateway cuts into pages itself: where the next page begins, and of which list."""

from __future__ import annotations

import base64
import binascii
import hashlib

from sightline.gateway.rekognition.errors import AwsError

_OF_BYTES = 12


def token(start: int, *of: str) -> str:
    """A token.

    Args:
        start: how many items came before.
        of: what the list depends on; a token of another list is refused.
    """
    return base64.urlsafe_b64encode(_digest(of) + str(start).encode()).decode()


def start_of(text: str | None, *of: str) -> int:
    """How many items came before; 0 without a token. Raises AwsError InvalidPaginationTokenException."""
    if not text:
        return 0
    try:
        data = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    start = data[_OF_BYTES:]
    if data[:_OF_BYTES] != _digest(of) or not start.isdigit():
        raise AwsError("InvalidPaginationTokenException", "Invalid Token")
    return int(start)


def _digest(of: tuple[str, ...]) -> bytes:
    return hashlib.sha256("\0".join(of).encode()).digest()[:_OF_BYTES]
