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
from sightline.chassis.vault import put_within, take_from

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from sightline.chassis.installation_keys import InstallationKeys
    from sightline.chassis.owner_key import Sealed
    from sightline.chassis.wrapped_keys import Revision, WrappedKeys
    from sightline.v1.records_pb2 import WrappedKey

CACHE_SECONDS = 60.0
"""How long a key that another process destroyed may still open records here."""
_CACHE_LIMIT = 10_000
_LOCKS = 64


class KeyRing(Protocol):
    """Seals and opens records under their owner's key."""

    async def seal(self, owner: str, plaintext: bytes, context: bytes, within: str = "") -> Sealed:
        """Encrypts; makes the owner's key where there is none, within another owner's if one is named.

        `context` must be the same when it is opened. For `within` see `destroy_all`.
        """

    async def open(self, owner: str, sealed: Sealed, context: bytes) -> bytes:
        """Decrypts. Raises NotFound KEY_DESTROYED, FailedPrecondition RECORD_UNREADABLE."""

    async def held(self, owners: Collection[str]) -> dict[str, OwnerKey]:
        """The keys of those owners who have one, to open many records at once: for now, and not to be kept."""

    async def made(self, owners: Collection[str], new: Collection[str] = (), within: str = "") -> dict[str, OwnerKey]:
        """The keys of all these owners, to seal many records at once; made for those who have none.

        They are to be used before anything is waited for: none of them is being destroyed at that moment.

        Args:
            owners: some thousand at most.
            new: those of them who have no key yet, as far as is known; that saves asking for it.
            within: the owner within whose key new ones are to lie, see `destroy_all`.
        """

    async def destroy(self, owner: str) -> None:
        """Makes everything that was sealed under this owner's key unreadable, for good.

        Here at once. Other processes that do not learn it (`forget`) may open and seal with it for another
        `CACHE_SECONDS`; what they seal then is lost with the rest. Interrupted, it has to be repeated.
        """

    async def destroy_all(self, owners: Collection[str], within: str = "") -> None:
        """As `destroy`, of some hundred owners.

        Args:
            owners: whose keys go.
            within: another owner, who is destroyed next: keys within theirs are gone for good with it, not before.
        """

    async def forget(self, owner: str) -> None:
        """Remembers nothing of this owner's key: whoever learns that another process destroyed it says so."""

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

    async def seal(self, owner: str, plaintext: bytes, context: bytes, within: str = "") -> Sealed:
        """See KeyRing."""
        key = self._cache.get(owner) or await self._read_or_make(owner, within)
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

    async def made(self, owners: Collection[str], new: Collection[str] = (), within: str = "") -> dict[str, OwnerKey]:
        """See KeyRing."""
        if unknown := [owner for owner in new if self._cache.get(owner) is None]:
            await self._make(unknown, within)
        while True:
            destroyed = self._destroyed
            keys = await self.held(owners)
            others = [owner for owner in owners if owner not in keys]
            makings = (self._read_or_make(owner, within) for owner in others)
            keys |= zip(others, await asyncio.gather(*makings), strict=True)
            # While some were waited for, others may have been destroyed.
            if self._destroyed == destroyed:
                return keys

    async def destroy(self, owner: str) -> None:
        """See KeyRing."""
        async with self._lock(owner):
            self._destroyed += 1
            self._cache.drop(owner)
            await self._wrapped.erase(owner)

    async def destroy_all(self, owners: Collection[str], within: str = "") -> None:
        """See KeyRing."""
        async with self._all_locked(owners):
            self._destroyed += 1
            for owner in owners:
                self._cache.drop(owner)
            await self._wrapped.erase_all(list(owners), within)

    async def forget(self, owner: str) -> None:
        """See KeyRing. What is being read in this moment is not kept, either."""
        async with self._lock(owner):
            self._cache.drop(owner)

    async def secret(self, name: str) -> bytes:
        """See KeyRing. It is stored as an owner's key is, under an id that no owner has."""
        return await self._stored_or_new(derived_id("secret of the installation", name))

    async def _read(self, owner: str) -> OwnerKey | None:
        async with self._lock(owner):
            if known := self._cache.get(owner):
                return known
            data_key, _ = await self._stored(owner)
            return self._remember(owner, data_key) if data_key else None

    async def _read_or_make(self, owner: str, within: str) -> OwnerKey:
        async with self._lock(owner):
            return self._cache.get(owner) or self._remember(owner, await self._stored_or_new(owner, within))

    async def _read_many(self, owners: Sequence[str]) -> dict[str, OwnerKey]:
        """The keys of those who have one."""
        async with self._all_locked(owners):
            newest = await self._wrapped.newest_of(owners)
            data_keys = await self._unwrapped([revision for revision in newest.values() if revision.is_key])
            return {owner: self._remember(owner, data_key) for owner, data_key in data_keys.items()}

    async def _make(self, owners: Sequence[str], within: str) -> None:
        """Makes keys for those who have none."""
        async with self._all_locked(owners):
            data_keys = {owner: secrets.token_bytes(KEY_BYTES) for owner in owners}
            for owner in await self._wrapped.write_new(await self._wrappings(data_keys, within)):
                self._remember(owner, data_keys[owner])

    def _remembered(self, owners: Collection[str]) -> dict[str, OwnerKey]:
        return {owner: key for owner in owners if (key := self._cache.get(owner))}

    async def _stored_or_new(self, owner: str, within: str = "") -> bytes:
        while True:
            data_key, sequence = await self._stored(owner)
            if data_key:
                return data_key
            data_key = secrets.token_bytes(KEY_BYTES)
            wrappings = await self._wrappings({owner: data_key}, within)
            if await self._wrapped.write(owner, wrappings[owner], after=sequence):
                return data_key
            # Another replica made it in the same moment: theirs counts.

    async def _stored(self, owner: str) -> tuple[bytes | None, int]:
        """The owner's key, None where there is none, and the sequence of the entry."""
        newest = await self._wrapped.newest(owner)
        if newest is None or not newest.is_key:
            return None, newest.sequence if newest else 0
        return (await self._unwrapped([newest])).get(owner), newest.sequence

    async def _wrappings(self, data_keys: Mapping[str, bytes], within: str) -> dict[str, WrappedKey]:
        wrapping = self._file.current()
        if not within:
            return {owner: wrapping.wrap(owner, data_key) for owner, data_key in data_keys.items()}
        vault = OwnerKey(within, await self._stored_or_new(within))
        return {
            owner: wrapping.wrap(owner, put_within(vault, owner, data_key), within)
            for owner, data_key in data_keys.items()
        }

    async def _unwrapped(self, revisions: Sequence[Revision]) -> dict[str, bytes]:
        """The keys, by owner, without those that lay within one that was destroyed."""
        vaults: dict[str, OwnerKey | None] = {}
        # Asked for each time: from a memory, they would outlive their destruction elsewhere by twice its time.
        for vault in {each.wrapped.within for each in revisions} - {""}:
            data_key, _ = await self._stored(vault)
            vaults[vault] = OwnerKey(vault, data_key) if data_key else None
        opened: dict[str, bytes] = {}
        for each in revisions:
            wrapped = self._file.named(each.wrapped.wrapping_key_id).unwrap(each.owner, each.wrapped)
            within = each.wrapped.within
            if data_key := take_from(vaults[within], each.owner, wrapped) if within else wrapped:
                opened[each.owner] = data_key
        return opened

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
