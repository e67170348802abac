"""All access keys of the installation, sealed on the broker, and followed, so that a call need not ask for them."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from sightline.chassis.bucket_copy import BucketCopy
from sightline.chassis.ids import derived_id, new_id
from sightline.chassis.installation_key import KEY_BYTES, InstallationKey
from sightline.chassis.topology import AWS_KEYS
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.gateway.aws_keys.aws_key import AwsKey
from sightline.v1.records_pb2 import WrappedKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from sightline.chassis.bus import Bus
    from sightline.chassis.installation_keys import InstallationKeys

COPY_SECONDS = 5.0


class AwsKeyBook:
    """Reads and writes pairs. On the broker there is nothing of them that can be read without the key file.

    A pair is stored as data keys are, under the installation's `aws.key`, so that the same commands rotate that.

    Every method raises FailedPrecondition: what is wrong with the key file, and DATA_KEY_DAMAGED; those that write
    Unavailable BROKER_UNAVAILABLE and BROKER_REFUSED as well.

    Args:
        bus: to the broker.
        keys: that wrap what is stored.
    """

    def __init__(self, bus: Bus, keys: InstallationKeys) -> None:
        self._keys = keys
        self._stored = WrappedKeys(bus, AWS_KEYS)
        self._change = asyncio.Event()
        self._copy = BucketCopy(bus, AWS_KEYS, WrappedKey.FromString, self._changed)
        self._stranger = _Stranger()

    def following(self) -> AbstractAsyncContextManager[None]:
        """Knows all pairs while the block runs. Raises Unavailable COPY_UNREAD."""
        return self._copy.following()

    async def check(self) -> None:
        """Raises Unavailable COPY_UNREAD while it is not known which pairs there are; for health."""
        await self._copy.check()

    def find(self, access_key_id: str) -> AwsKey | None:
        """The pair; None: there is none, and to find that out takes as long."""
        owner = _owner(access_key_id)
        entry = self._copy.entries.get(owner)
        if entry is None:
            self._stranger.open()
            return None
        return self._opened(owner, entry.value)

    def all(self) -> list[AwsKey]:
        """Every pair, by its id."""
        opened = (self._opened(owner, entry.value) for owner, entry in self._copy.entries.items())
        return sorted(opened, key=lambda key: key.access_key_id)

    async def add(self, key: AwsKey) -> None:
        """Stores a new pair, with which calls can be signed at once, here; elsewhere a moment later."""
        owner = _owner(key.access_key_id)
        await self._stored.write(owner, self._keys.current().wrap(owner, key.content()), after=0)
        await self._until(lambda: owner in self._copy.entries)

    async def remove(self, access_key_id: str) -> None:
        """Ends a pair, and leaves nothing of it on the broker. One that is not there is no error."""
        owner = _owner(access_key_id)
        await self._stored.retire(owner)
        await self._until(lambda: owner not in self._copy.entries)

    def _opened(self, owner: str, wrapped: WrappedKey) -> AwsKey:
        return AwsKey.of(self._keys.named(wrapped.wrapping_key_id).unwrap(owner, wrapped))

    def _changed(self) -> None:
        self._change.set()
        self._change = asyncio.Event()

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Waits for the copy. Where it is late the broker has it all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(COPY_SECONDS):
                while not reached():
                    await self._change.wait()


class _Stranger:
    """A pair that nobody has, sealed as the others are: what is done for those who come with an unknown one."""

    def __init__(self) -> None:
        self._owner = new_id()
        self._key = InstallationKey(secrets.token_bytes(KEY_BYTES))
        self._wrapped = self._key.wrap(self._owner, b'{"as long as": "a pair usually is"}' * 10)

    def open(self) -> None:
        self._key.unwrap(self._owner, self._wrapped)


def _owner(access_key_id: str) -> str:
    """Where a pair is stored: keys of buckets are ids."""
    return derived_id("aws access key", access_key_id)
