"""One owner's data key in memory: it seals and opens records."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.installation_key import NONCE_BYTES


class Sealed(NamedTuple):
    """AES-256-GCM: the nonce, and the ciphertext with its tag."""

    nonce: bytes
    ciphertext: bytes


class OwnerKey:
    """Seals and opens what belongs to one owner."""

    __slots__ = ("_aead", "_owner")

    def __init__(self, owner: str, data_key: bytes) -> None:
        self._owner = owner
        self._aead = AESGCM(data_key)

    def seal(self, plaintext: bytes, context: bytes) -> Sealed:
        """Encrypts. `context` must be the same when it is opened."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(nonce, self._aead.encrypt(nonce, plaintext, context))

    def open(self, sealed: Sealed, context: bytes) -> bytes:
        """Decrypts. Raises FailedPrecondition RECORD_UNREADABLE."""
        try:
            return self._aead.decrypt(sealed.nonce, sealed.ciphertext, context)
        except (InvalidTag, ValueError) as error:
            raise FailedPrecondition(
                "RECORD_UNREADABLE", f"A record of {self._owner} does not decrypt: it was altered or moved."
            ) from error
