"""The installation's key: it wraps the data keys, and is never on the broker."""

from __future__ import annotations

import hmac
import secrets
import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretBytes

from sightline.chassis.errors import FailedPrecondition
from sightline.v1 import records_pb2

KEY_BYTES = 32
NONCE_BYTES = 12
_NAMING = b"sightline: name of an installation key"
_ID_BYTES = 8


class InstallationKey:
    """Wraps data keys by AES-256-GCM, each bound to its owner.

    `id`, 16 hex characters, names the key in entries, logs and on screens. It is an HMAC under the key and tells
    nothing of it.
    """

    def __init__(self, key: bytes) -> None:
        self.id = hmac.digest(key, _NAMING, "sha256")[:_ID_BYTES].hex()
        self._aead = AESGCM(key)
        self._key = SecretBytes(key)

    def derived(self, purpose: bytes) -> bytes:
        """32 bytes for one purpose, from which neither this key nor those of other purposes follow (RFC 5869)."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(self.secret())

    def secret(self) -> bytes:
        """The key itself, for whoever writes it into its file."""
        return self._key.get_secret_value()

    def wrap(self, owner: str, data_key: bytes, within: str = "") -> records_pb2.WrappedKey:
        """A new entry for the owner's data key, which comes wrapped if it lies within another owner's."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        ciphertext = self._aead.encrypt(nonce, data_key, _context(owner, within))
        wrapped = records_pb2.WrappedKey(nonce=nonce, ciphertext=ciphertext, wrapping_key_id=self.id, within=within)
        # In a third of the time of GetCurrentTime: an import makes a key for each person.
        wrapped.create_time.FromMicroseconds(time.time_ns() // 1_000)
        return wrapped

    def unwrap(self, owner: str, wrapped: records_pb2.WrappedKey) -> bytes:
        """What `wrap` got. Raises FailedPrecondition DATA_KEY_DAMAGED."""
        try:
            return self._aead.decrypt(wrapped.nonce, wrapped.ciphertext, _context(owner, wrapped.within))
        except (InvalidTag, ValueError) as error:
            raise FailedPrecondition(
                "DATA_KEY_DAMAGED",
                f"The stored key of {owner} does not unwrap: it was altered or moved. Restore the broker's bucket "
                "`keys` from a backup.",
            ) from error

    def rewrap(self, owner: str, data_key: bytes, old: records_pb2.WrappedKey) -> records_pb2.WrappedKey:
        """As `wrap`, for a data key that is as old as the entry that this one replaces."""
        wrapped = self.wrap(owner, data_key, old.within)
        wrapped.create_time.CopyFrom(old.create_time)
        return wrapped


def _context(owner: str, within: str) -> bytes:
    # Associated data: no entry can be moved to another owner, or out of the key within which it lies.
    return (f"{owner} within {within}" if within else owner).encode()
