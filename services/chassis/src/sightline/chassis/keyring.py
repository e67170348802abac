"""Data keys, one for each owner of biometric data, wrapped by the installation's key.

Destroying an owner's key is what erases their records from old disks and backups.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.chassis.errors import FailedPrecondition, NotFound
from sightline.chassis.ids import derived_id
from sightline.chassis.installation_key import KEY_BYTES, NONCE_BYTES
from sightline.chassis.key_cache import KeyCache

if TYPE_CHECKING:
    from collections.abc import Collection

    from sightline.chassis.key_file import KeyFile
    from sightline.chassis.wrapped_keys import WrappedKeys

CACHE_SECONDS = 60.0
"""How long a key that another process destroyed may still open records here."""
_CACHE_LIMIT = 10_000
_LOCKS = 64


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

    async def hold(self, owners: Collection[str], *, new: bool = False) -> None:
        """Has the keys of these owners in memory for a while, so that many records are sealed or opened at once.

        Args:
            owners: some thousand at most; those whose key was destroyed are passed over.
            new: they have no keys yet, as far as is known: keys are made for those who have none.
        """

    async def destroy(self, owner: str) -> None:
        """Makes everything that was sealed under this owner's key unreadable, for good.

        Here at once. Other processes may open and seal with it for another `CACHE_SECONDS`; what they seal then is
        lost with the rest. Interrupted, it has to be repeated.
        """

    async def secret(self, name: str) -> bytes:
        """The installation's own secret of that name, 32 random bytes, which a rotation leaves as it is."""


class BucketKeyRing:
    """Keys in the `keys` bucket, each wrapped by the installation's key, which is in a file outside the broker.

    Every method raises Unavailable BROKER_UNAVAILABLE, and FailedPrecondition: INSTALLATION_KEY_WRONG,
    DATA_KEY_DAMAGED, and what is wrong with the key file.
    """

    def __init__(self, wrapped: WrappedKeys, file: KeyFile, cache_seconds: float = CACHE_SECONDS) -> None:
        self._wrapped = wrapped
        self._file = file
        self._cache = KeyCache(cache_seconds, _CACHE_LIMIT)
        # Held while a key is read and while it is destroyed: what was read before must not be kept after.
        self._locks = [asyncio.Lock() for _ in range(_LOCKS)]

    async def seal(self, owner: str, plaintext: bytes, context: bytes) -> Sealed:
        """See KeyRing."""
        key = self._cache.get(owner) or await self._read_or_make(owner)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(nonce, key.encrypt(nonce, plaintext, context))

    async def open(self, owner: str, sealed: Sealed, context: bytes) -> bytes:
        """See KeyRing."""
        key = self._cache.get(owner) or await self._read(owner)
        if key is None:
            raise NotFound("KEY_DESTROYED", f"The key of {owner} was destroyed: its records cannot be read any more.")
        try:
            return key.decrypt(sealed.nonce, sealed.ciphertext, context)
        except (InvalidTag, ValueError) as error:
            raise FailedPrecondition(
                "RECORD_UNREADABLE", f"A record of {owner} does not decrypt: it was altered or moved."
            ) from error

    async def hold(self, owners: Collection[str], *, new: bool = False) -> None:
        """See KeyRing."""
        missing = [owner for owner in owners if self._cache.get(owner) is None]
        await asyncio.gather(*(self._read_or_make(owner, new=True) if new else self._read(owner) for owner in missing))

    async def destroy(self, owner: str) -> None:
        """See KeyRing."""
        async with self._lock(owner):
            self._cache.drop(owner)
            await self._wrapped.erase(owner)

    async def secret(self, name: str) -> bytes:
        """See KeyRing. It is stored as an owner's key is, under an id that no owner has."""
        return await self._stored_or_new(derived_id("secret of the installation", name))

    async def _read(self, owner: str) -> AESGCM | None:
        async with self._lock(owner):
            if known := self._cache.get(owner):
                return known
            data_key, _ = await self._stored(owner)
            return self._remember(owner, data_key) if data_key else None

    async def _read_or_make(self, owner: str, *, new: bool = False) -> AESGCM:
        async with self._lock(owner):
            return self._cache.get(owner) or self._remember(owner, await self._stored_or_new(owner, new=new))

    async def _stored_or_new(self, owner: str, *, new: bool = False) -> bytes:
        while True:
            # Whoever is new saves a question; where they are not, the broker refuses what is written.
            data_key, sequence = (None, 0) if new else await self._stored(owner)
            new = False
            if data_key:
                return data_key
            data_key = secrets.token_bytes(KEY_BYTES)
            if await self._wrapped.write(owner, self._file.current().wrap(owner, data_key), after=sequence):
                return data_key
            # Another replica made it in the same moment: theirs counts.

    async def _stored(self, owner: str) -> tuple[bytes | None, int]:
        """The owner's key, None where there is none, and the sequence of the entry."""
        newest = await self._wrapped.newest(owner)
        if newest is None or not newest.is_key:
            return None, newest.sequence if newest else 0
        return self._file.named(newest.wrapped.wrapping_key_id).unwrap(owner, newest.wrapped), newest.sequence

    def _remember(self, owner: str, data_key: bytes) -> AESGCM:
        key = AESGCM(data_key)
        self._cache.put(owner, key)
        return key

    def _lock(self, owner: str) -> asyncio.Lock:
        return self._locks[hash(owner) % _LOCKS]
