"""Who shares the work, and who has which piece of it: a copy of a bucket of leases."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sightline.chassis.bucket_copy import BucketCopy
from sightline.chassis.leases import LEASE_SECONDS, REPLICA_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from sightline.chassis.bus import Bus

GRACE_SECONDS = 4.0
"""After the broker has lost all leases: so long their holders have to take them back before others may."""


class Roster:
    """The processes that share the work, this one among them, and what they hold.

    Args:
        bus: to the broker.
        bucket: of the leases.
        me: the holder of this process's leases.
        changed: called after every change.
    """

    def __init__(self, bus: Bus, bucket: str, me: str, changed: Callable[[], None]) -> None:
        self._copy = BucketCopy(bus, bucket, bytes, changed)
        self._me = me

    def following(self) -> AbstractAsyncContextManager[None]:
        """Follows the bucket while the block runs. Raises Unavailable COPY_UNREAD."""
        return self._copy.following()

    async def check(self) -> None:
        """Raises Unavailable COPY_UNREAD while the others are not known; for health."""
        await self._copy.check()

    @property
    def began(self) -> float:
        """When the broker lost all that was said here before (monotonic clock)."""
        return self._copy.made_again

    @property
    def settled(self) -> bool:
        """Whether what has no lease has no holder: not so when the broker has just lost all leases."""
        return time.monotonic() > self.began + GRACE_SECONDS

    def replicas(self) -> set[str]:
        """The holders that share the work."""
        others = (key.removeprefix(REPLICA_PREFIX) for key in self._live() if key.startswith(REPLICA_PREFIX))
        return {self._me, *others}

    def leased(self) -> set[str]:
        """What somebody holds."""
        return {key for key in self._live() if not key.startswith(REPLICA_PREFIX)}

    def _live(self) -> list[str]:
        # The broker tells nobody that an entry has ended.
        since = time.monotonic() - LEASE_SECONDS
        return [key for key, entry in self._copy.entries.items() if entry.arrived > since]
