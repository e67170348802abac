"""API keys as text: `slk_`, then a public id, a secret and a checksum, so that scanners find a leaked one."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

from sightline.chassis.ids import ID_LENGTH, new_id

PREFIX = "slk_"
SECRET_LENGTH = 52
"""260 bits, in characters of base32."""
CHECKSUM_LENGTH = 7
PATTERN = re.compile(rf"\b{PREFIX}[a-z2-7]{{{ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH}}}\b")
"""For scanners of secrets; whether a find is a key and not merely alike, `parse` says."""

_SECRET_START = len(PREFIX) + ID_LENGTH
_SECRET_END = _SECRET_START + SECRET_LENGTH
_SECRET_BYTES = 33


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """What a key's text says.

    Attributes:
        id: its public part.
        secret: what proves it; never to be logged or stored.
    """

    id: str
    secret: str = field(repr=False)


class NewKey(NamedTuple):
    """A key that was just made: the only moment at which its text is known."""

    id: str
    text: str

    @property
    def secret(self) -> str:
        """The part of which `hash_secret` is stored."""
        return self.text[_SECRET_START:_SECRET_END]

    def __repr__(self) -> str:
        return f"NewKey(id={self.id!r})"


def new_key() -> NewKey:
    """A random key: its id, and its whole text, which is shown once and stored nowhere."""
    key_id = new_id()
    secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().lower()[:SECRET_LENGTH]
    body = f"{PREFIX}{key_id}{secret}"
    return NewKey(key_id, body + _checksum(body))


def parse(text: str) -> ParsedKey | None:
    """Takes a key apart; None where the form or the checksum is wrong, so that a typo costs no look-up.

    The checksum is public arithmetic: it proves nothing about the secret.
    """
    if PATTERN.fullmatch(text) is None or _checksum(text[:_SECRET_END]) != text[_SECRET_END:]:
        return None
    return ParsedKey(text[len(PREFIX) : _SECRET_START], text[_SECRET_START:_SECRET_END])


def hash_secret(pepper: bytes, secret: str) -> bytes:
    """What is stored of a key: HMAC-SHA256 under the installation's key for callers, 32 bytes.

    A slow hash would add nothing: 260 random bits cannot be guessed, and every call pays for it.
    """
    return hmac.digest(pepper, secret.encode(), "sha256")


def _checksum(body: str) -> str:
    """CRC-32 in base32."""
    return base64.b32encode(zlib.crc32(body.encode()).to_bytes(4, "big")).decode().lower()[:CHECKSUM_LENGTH]
