"""Opaque identifiers: tokens of NATS subjects and keys are these, never names, which may contain dots."""

from __future__ import annotations

import hashlib
import re
import secrets

ID_LENGTH = 26
ID_PATTERN = re.compile(r"[a-z0-9]{26}")
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
# An import makes several ids for each face: two characters, 10 bits, at a time take half as long as `base64`.
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]
_SHIFTS = range(120, -1, -10)


def new_id() -> str:
    """A random id: 26 characters of lower-case base32, 130 bits."""
    return _encode(secrets.token_bytes(17))


def derived_id(*parts: str | bytes) -> str:
    """The id that belongs to these parts: the same parts always give the same id.

    Each part is length-prefixed before hashing, so no two different lists of parts collide by joining.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return _encode(digest.digest())


def requested_id(kind: str, subject: str, request_id: str) -> str:
    """The id of what a caller makes: the same for each call with the same request id, a new one without.

    Args:
        kind: of the thing, `camera`.
        subject: of the caller: request ids of different callers have nothing to do with each other.
        request_id: as they gave it; may be empty.
    """
    return derived_id("requested", kind, subject, request_id) if request_id else new_id()


def is_id(text: str) -> bool:
    """Whether the text has the form of an id."""
    return ID_PATTERN.fullmatch(text) is not None


def _encode(data: bytes) -> str:
    # 26 characters are 130 of the 136 bits: of the rest of a digest nothing would be left.
    bits = int.from_bytes(data[:17], "big") >> 6
    return "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])
