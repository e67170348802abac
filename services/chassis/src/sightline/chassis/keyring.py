"""Data keys, one for each owner of biometric data, wrapped by the installation's key.

Destroying an owner's key is what erases their records from old disks and backups.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from sightline.chassis.errors import NotFound
from sightline.chassis.ids import derived_id
from sightline.chassis.installation_key import KEY_BYTES
from sightline.chassis.key_cache import KeyCache
from sightline.chassis.owner_key import OwnerKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from sightline.chassis.installation_keys import InstallationKeys
    from sightline.chassis.owner_key import Sealed
    from sightline.chassis.wrapped_keys import Revision, WrappedKeys

CACHE_SECONDS = 60.0
"""How long a key that another process destroyed may still open records here."""
_CACHE_LIMIT = 10_000
_LOCKS = 64


class KeyRing(Protocol):
    """Seals and opens records under their owner's key."""

    async def seal(self, owner: str, plaintext: bytes, context: bytes) -> Sealed:
        """Encrypts; makes the owner's key where there is none. `context` must be the same when it is opened."""

    async def open(self, owner: str, sealed: Sealed, context: bytes) -> bytes:
        """Decrypts. Raises NotFound KEY_DESTROYED, FailedPrecondition RECORD_UNREADABLE."""

    async def held(self, owners: Collection[str]) -> dict[str, OwnerKey]:
        """The keys of those owners who have one, to open many records at once: for now, and not to be kept."""

    async def made(self, owners: Collection[str], new: Collection[str] = ()) -> dict[str, OwnerKey]:
        """The keys of all these owners, to seal many records at once; made for those who have none.

        They are to be used before anything is waited for: none of them is being destroyed at that moment.

        Args:
            owners: some thousand at most.
            new: those of them who have no key yet, as far as is known; that saves asking for it.
        """

    async def destroy(self, owner: str) -> None:
        """Makes everything that was sealed under this owner's key unreadable, for good.

        Here at once. Other processes may open and seal with it for another `CACHE_SECONDS`; what they seal then is
        lost with the rest. Interrupted, it has to be repeated.
        """

    async def destroy_all(self, owners: Collection[str]) -> None:
        """As `destroy`, of some hundred owners."""

    async def secret(self, name: str) -> bytes:
        """The installation's own secret of that name, 32 random bytes, which a rotation leaves as it is."""


class BucketKeyRing:
    """Keys in the `keys` bucket, each wrapped by the installation's key, which is not on the broker.

    Every method raises Unavailable BROKER_UNAVAILABLE, and FailedPrecondition: INSTALLATION_KEY_WRONG,
    DATA_KEY_DAMAGED, and what is wrong with the key file.
    """

    def __init__(self, wrapped: WrappedKeys, file: InstallationKeys, cache_seconds: float = CACHE_SECONDS) -> None:
        self._wrapped = wrapped
        self._file = file
        self._cache = KeyCache(cache_seconds, _CACHE_LIMIT)
        # Held while a key is read and while it is destroyed: what was read before must not be kept after.
        self._locks = [asyncio.Lock() for _ in range(_LOCKS)]
        self._destroyed = 0

    async def seal(self, owner: str, plaintext: bytes, context: bytes) -> Sealed:
        """See KeyRing."""
        key = self._cache.get(owner) or await self._read_or_make(owner)
        return key.seal(plaintext, context)

    async def open(self, owner: str, sealed: Sealed, context: bytes) -> bytes:
        """See KeyRing."""
        key = self._cache.get(owner) or await self._read(owner)
        if key is None:
            raise NotFound("KEY_DESTROYED", f"The key of {owner} was destroyed: its records cannot be read any more.")
        return key.open(sealed, context)

    async def held(self, owners: Collection[str]) -> dict[str, OwnerKey]:
        """See KeyRing."""
        keys = self._remembered(owners)
        others = [owner for owner in owners if owner not in keys]
        return keys | await self._read_many(others) if others else keys

    async def made(self, owners: Collection[str], new: Collection[str] = ()) -> dict[str, OwnerKey]:
        """See KeyRing."""
        if unknown := [owner for owner in new if self._cache.get(owner) is None]:
            await self._make(unknown)
        while True:
            destroyed = self._destroyed
            keys = await self.held(owners)
            others = [owner for owner in owners if owner not in keys]
            keys |= zip(others, await asyncio.gather(*map(self._read_or_make, others)), strict=True)
            # While some were waited for, others may have been destroyed.
            if self._destroyed == destroyed:
                return keys

    async def destroy(self, owner: str) -> None:
        """See KeyRing."""
        async with self._lock(owner):
            self._destroyed += 1
            self._cache.drop(owner)
            await self._wrapped.erase(owner)

    async def destroy_all(self, owners: Collection[str]) -> None:
        """See KeyRing."""
        async with self._all_locked(owners):
            self._destroyed += 1
            for owner in owners:
                self._cache.drop(owner)
            await self._wrapped.erase_all(list(owners))

    async def secret(self, name: str) -> bytes:
        """See KeyRing. It is stored as an owner's key is, under an id that no owner has."""
        return await self._stored_or_new(derived_id("secret of the installation", name))

    async def _read(self, owner: str) -> OwnerKey | None:
        async with self._lock(owner):
            if known := self._cache.get(owner):
                return known
            data_key, _ = await self._stored(owner)
            return self._remember(owner, data_key) if data_key else None

    async def _read_or_make(self, owner: str) -> OwnerKey:
        async with self._lock(owner):
            return self._cache.get(owner) or self._remember(owner, await self._stored_or_new(owner))

    async def _read_many(self, owners: Sequence[str]) -> dict[str, OwnerKey]:
        """The keys of those who have one."""
        async with self._all_locked(owners):
            newest = await self._wrapped.newest_of(owners)
            return {
                owner: self._remember(owner, self._unwrapped(revision))
                for owner, revision in newest.items()
                if revision.is_key
            }

    async def _make(self, owners: Sequence[str]) -> None:
        """Makes keys for those who have none."""
        async with self._all_locked(owners):
            wrapping = self._file.current()
            data_keys = {owner: secrets.token_bytes(KEY_BYTES) for owner in owners}
            wrapped = {owner: wrapping.wrap(owner, data_key) for owner, data_key in data_keys.items()}
            for owner in await self._wrapped.write_new(wrapped):
                self._remember(owner, data_keys[owner])

    def _remembered(self, owners: Collection[str]) -> dict[str, OwnerKey]:
        return {owner: key for owner in owners if (key := self._cache.get(owner))}

    async def _stored_or_new(self, owner: str) -> bytes:
        while True:
            data_key, sequence = await self._stored(owner)
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
        return self._unwrapped(newest), newest.sequence

    def _unwrapped(self, revision: Revision) -> bytes:
        return self._file.named(revision.wrapped.wrapping_key_id).unwrap(revision.owner, revision.wrapped)

    def _remember(self, owner: str, data_key: bytes) -> OwnerKey:
        key = OwnerKey(owner, data_key)
        self._cache.put(owner, key)
        return key

    @asynccontextmanager
    async def _all_locked(self, owners: Collection[str]) -> AsyncIterator[None]:
        async with AsyncExitStack() as locks:
            # In one order, so that nobody waits for somebody who waits for them.
            for number in sorted({hash(owner) % _LOCKS for owner in owners}):
                await locks.enter_async_context(self._locks[number])
            yield

    def _lock(self, owner: str) -> asyncio.Lock:
        return self._locks[hash(owner) % _LOCKS]
