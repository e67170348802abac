"""Leases in a bucket: one process at a time does a piece of work. An entry that nobody renews ends by the bucket's TTL.

Beside the leases each process that shares the work announces itself there, so that all know how many they are.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

import structlog
from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import Conflict, Unavailable
from sightline.chassis.ids import new_id
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from nats.js.kv import KeyValue


log = structlog.get_logger()

LEASE_SECONDS = 10.0
"""The TTL of buckets of leases (topology.py)."""
RENEW_SECONDS = 3.0
RETRY_SECONDS = 0.5
MARGIN_SECONDS = 0.5
"""A holder stops so long before its lease ends."""
REPLICA_PREFIX = "replica."


class Publish(Protocol):
    """Returns once the stream has the message; raises SightlineError."""

    async def __call__(self, subject: str, message: Message, *, dedup_id: str) -> int:
        """See `Bus.publish`."""


class Lease:
    """A piece of work that is this process's until `ends` (monotonic clock), unless it renews."""

    def __init__(self, bucket: KeyValue, key: str, record: records_pb2.Lease, revision: int, asked: float) -> None:
        self._bucket = bucket
        self._key = key
        self._record = record
        self._revision = revision
        self.ends = asked + LEASE_SECONDS - MARGIN_SECONDS

    @property
    def held(self) -> bool:
        """Whether nobody else can have it yet."""
        return time.monotonic() < self.ends

    async def renew(self, epoch: int) -> None:
        """Hold it for another while, and say under which epoch.

        Raises:
            Conflict: LEASE_LOST, somebody else has it or may take it.
            Unavailable: BROKER_UNAVAILABLE.
        """
        if not self.held:
            raise self._lost()
        self._record.epoch = epoch
        asked = time.monotonic()
        with broker_errors():
            self._revision = await self._write(self._record.SerializeToString())
        self.ends = asked + LEASE_SECONDS - MARGIN_SECONDS

    async def keep(self) -> None:
        """Renews it again and again, under the epoch that it has. Raises Conflict LEASE_LOST when it is lost."""
        while self.held:
            pause = RENEW_SECONDS
            try:
                async with asyncio.timeout(self.ends - time.monotonic()):
                    await self.renew(self._record.epoch)
            except (Unavailable, TimeoutError) as error:
                log.warning("lease_not_renewed", reason=getattr(error, "reason", "BROKER_UNAVAILABLE"))
                pause = RETRY_SECONDS
            await asyncio.sleep(min(pause, max(0.0, self.ends - time.monotonic())))
        raise self._lost()

    async def release(self) -> None:
        """Let others take it at once. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            await self._bucket.delete(self._key, last=self._revision)

    def publishing(self, publish: Publish) -> Publish:
        """As `publish`, which refuses once the lease is lost: a process that was stopped for a while finds out here."""

        async def publish_as_holder(subject: str, message: Message, *, dedup_id: str) -> int:
            if not self.held:
                raise Unavailable("LEASE_LOST", "Another process does this by now; this one stops.")
            return await publish(subject, message, dedup_id=dedup_id)

        return publish_as_holder

    async def _write(self, data: bytes) -> int:
        try:
            return await self._bucket.update(self._key, data, self._revision)
        except KeyWrongLastSequenceError as error:
            try:
                # A broker that was started again has lost all leases; who still holds one gets it back.
                return await self._bucket.create(self._key, data)
            except KeyWrongLastSequenceError:
                raise self._lost() from error

    def _lost(self) -> Conflict:
        return Conflict("LEASE_LOST", f"The lease of {self._key} is not ours any more.")


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
        record = records_pb2.Lease(holder=self.holder, address=self._address)
        asked = time.monotonic()
        with broker_errors():
            try:
                revision = await self._bucket.create(key, record.SerializeToString())
            except KeyWrongLastSequenceError:
                return None
        return Lease(self._bucket, key, record, revision, asked)

    async def is_held(self, key: str) -> bool:
        """Whether any process has it. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            try:
                await self._bucket.get(key)
            except (KeyNotFoundError, KeyDeletedError):
                return False
        return True
