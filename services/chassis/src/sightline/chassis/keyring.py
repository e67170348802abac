"""Data keys, one for each owner of biometric data, wrapped by the installation's key.

Destroying an owner's key is what erases their records from old disks and backups.
"""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.errors import FailedPrecondition, NotFound
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from nats.js.kv import KeyValue

KEY_BYTES = 32
NONCE_BYTES = 12
_CACHE_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Sealed:
    """AES-256-GCM: the nonce, and the ciphertext with its tag."""

    nonce: bytes
    ciphertext: bytes


class KeyRing(Protocol):
    """Seals and opens records under their owner's key."""

    async def seal(self, owner: str, plaintext: bytes, context: bytes) -> Sealed:
        """Encrypts; makes the owner's key where there is none. `context` must be the same when it is opened."""

    async def open(self, owner: str, sealed: Sealed, context: bytes) -> bytes:
        """Decrypts. Raises NotFound KEY_DESTROYED, FailedPrecondition RECORD_UNREADABLE."""

    async def destroy(self, owner: str) -> None:
        """Makes everything that was sealed under this owner's key unreadable, for good."""


class BucketKeyRing:
    """Keys in the `keys` bucket, each wrapped by the installation's key, which is in a file outside the broker."""

    def __init__(self, bucket: KeyValue, installation_key: bytes) -> None:
        self._bucket = bucket
        self._wrap = AESGCM(installation_key)
        self._cache: dict[str, AESGCM] = {}

    async def seal(self, owner: str, plaintext: bytes, context: bytes) -> Sealed:
        """See KeyRing."""
        key = await self._find(owner) or await self._make(owner)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(nonce, key.encrypt(nonce, plaintext, context))

    async def open(self, owner: str, sealed: Sealed, context: bytes) -> bytes:
        """See KeyRing."""
        key = await self._find(owner)
        if key is None:
            raise NotFound("KEY_DESTROYED", f"The key of {owner} was destroyed: its records cannot be read any more.")
        try:
            return key.decrypt(sealed.nonce, sealed.ciphertext, context)
        except InvalidTag as error:
            raise FailedPrecondition(
                "RECORD_UNREADABLE", f"A record of {owner} does not decrypt: it was altered or moved."
            ) from error

    async def destroy(self, owner: str) -> None:
        """See KeyRing."""
        await self._bucket.purge(owner)
        self._cache.pop(owner, None)

    async def _find(self, owner: str) -> AESGCM | None:
        if cached := self._cache.get(owner):
            return cached
        try:
            entry = await self._bucket.get(owner)
        except (KeyNotFoundError, KeyDeletedError):
            return None
        return self._remember(owner, self._unwrap(owner, entry.value or b""))

    async def _make(self, owner: str) -> AESGCM:
        key, nonce = AESGCM.generate_key(bit_length=256), secrets.token_bytes(NONCE_BYTES)
        wrapped = records_pb2.WrappedKey(nonce=nonce, ciphertext=self._wrap.encrypt(nonce, key, owner.encode()))
        wrapped.create_time.GetCurrentTime()
        try:
            await self._bucket.create(owner, wrapped.SerializeToString())
        except KeyWrongLastSequenceError:
            # Another replica made it in the same moment: theirs counts.
            entry = await self._bucket.get(owner)
            key = self._unwrap(owner, entry.value or b"")
        return self._remember(owner, key)

    def _unwrap(self, owner: str, data: bytes) -> bytes:
        wrapped = records_pb2.WrappedKey.FromString(data)
        try:
            return self._wrap.decrypt(wrapped.nonce, wrapped.ciphertext, owner.encode())
        except InvalidTag as error:
            raise FailedPrecondition(
                "INSTALLATION_KEY_WRONG",
                "The installation's key does not open the stored keys: SIGHTLINE_KEY_FILE names another key.",
            ) from error

    def _remember(self, owner: str, key: bytes) -> AESGCM:
        if len(self._cache) >= _CACHE_LIMIT:
            self._cache.clear()
        self._cache[owner] = AESGCM(key)
        return self._cache[owner]


def derived_key(installation_key: bytes, purpose: str) -> bytes:
    """A key for one purpose alone (HKDF-SHA256, RFC 5869), 32 bytes."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(installation_key)


def generate_key_file(path: Path) -> None:
    """Writes a new installation key, readable by its owner alone. Raises FailedPrecondition KEY_FILE_EXISTS."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise FailedPrecondition("KEY_FILE_EXISTS", f"{path} is there already; a key is never overwritten.") from error
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")


def read_key_file(path: Path) -> bytes:
    """The installation's key. Raises FailedPrecondition KEY_FILE_MISSING or KEY_FILE_INVALID."""
    try:
        key = base64.b64decode(path.read_bytes(), validate=False)
    except FileNotFoundError as error:
        raise FailedPrecondition(
            "KEY_FILE_MISSING", f"There is no key file {path}: make one with `sightline keygen {path}`, and back it up."
        ) from error
    except ValueError as error:
        raise FailedPrecondition("KEY_FILE_INVALID", f"{path} is not a base64 key.") from error
    if len(key) != KEY_BYTES:
        raise FailedPrecondition("KEY_FILE_INVALID", f"{path} must hold {KEY_BYTES} bytes in base64.")
    return key
