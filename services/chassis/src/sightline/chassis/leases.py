"""Buckets of leases, for work that processes share; see `sightline.chassis.lease` for one lease.

Beside the leases each process that shares the work announces itself there, so that all know how many they are.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError

from sightline.chassis.bus import broker_errors
from sightline.chassis.ids import new_id
from sightline.chassis.lease import RENEW_SECONDS, take_lease
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

    from sightline.chassis.lease import Lease

REPLICA_PREFIX = "replica."


class Leases:
    """Takes leases for this process.

    Args:
        bucket: of leases.
        address: host:port of this process's gRPC server, which others find in the lease.
    """

    def __init__(self, bucket: KeyValue, address: str) -> None:
        self._bucket = bucket
        self.holder = new_id()
        self._address = address
        self._announced = -float("inf")

    async def announce(self, *, since: float) -> None:
        """Say that this process is here, where that was not said lately, or not since then (monotonic clock).

        Raises Unavailable BROKER_UNAVAILABLE.
        """
        now = time.monotonic()
        if self._announced > max(now - RENEW_SECONDS, since):
            return
        with broker_errors():
            replica = records_pb2.Replica(address=self._address)
            await self._bucket.put(REPLICA_PREFIX + self.holder, replica.SerializeToString())
        self._announced = now

    async def withdraw(self) -> None:
        """Say that this process leaves: the others' shares grow at once. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            await self._bucket.delete(REPLICA_PREFIX + self.holder)

    async def take(self, key: str) -> Lease | None:
        """The lease of a piece of work, or None while somebody has it. Raises Unavailable BROKER_UNAVAILABLE."""
        return await take_lease(self._bucket, key, holder=self.holder, address=self._address)

    async def is_held(self, key: str) -> bool:
        """Whether any process has it. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            try:
                await self._bucket.get(key)
            except (KeyNotFoundError, KeyDeletedError):
                return False
        return True
