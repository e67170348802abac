"""The `leases` bucket: one process at a time reads a camera. An entry that nobody renews ends by the bucket's TTL."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.errors import Conflict
from sightline.chassis.ids import new_id
from sightline.ingest.cameras import broker_errors
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

LEASE_SECONDS = 10.0
"""The bucket's TTL (topology.py)."""


class Lease:
    """A camera that this process may read until `ends`, unless it renews."""

    def __init__(self, bucket: KeyValue, camera_id: str, record: records_pb2.Lease, revision: int) -> None:
        self._bucket = bucket
        self._camera_id = camera_id
        self._record = record
        self._revision = revision
        self.ends = time.monotonic() + LEASE_SECONDS

    async def renew(self, epoch: int) -> None:
        """Hold it for another while, and say under which epoch.

        Raises:
            Conflict: LEASE_LOST, somebody else has it or may take it.
            Unavailable: BROKER_UNAVAILABLE.
        """
        self._record.epoch = epoch
        asked = time.monotonic()
        with broker_errors():
            try:
                data = self._record.SerializeToString()
                self._revision = await self._bucket.update(self._camera_id, data, self._revision)
            except KeyWrongLastSequenceError as error:
                raise Conflict("LEASE_LOST", f"The lease of camera {self._camera_id} is not ours any more.") from error
        self.ends = asked + LEASE_SECONDS

    async def release(self) -> None:
        """Let others take it at once. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            await self._bucket.delete(self._camera_id, last=self._revision)


class Leases:
    """Takes leases for this process.

    Args:
        bucket: `leases`.
        address: host:port of this process's gRPC server, which others find in the lease.
    """

    def __init__(self, bucket: KeyValue, address: str) -> None:
        self._bucket = bucket
        self._holder = new_id()
        self._address = address

    async def take(self, camera_id: str) -> Lease | None:
        """The lease of a camera, or None while somebody has it. Raises Unavailable BROKER_UNAVAILABLE."""
        record = records_pb2.Lease(holder=self._holder, address=self._address)
        with broker_errors():
            try:
                revision = await self._bucket.create(camera_id, record.SerializeToString())
            except KeyWrongLastSequenceError:
                return None
        return Lease(self._bucket, camera_id, record, revision)

    async def is_held(self, camera_id: str) -> bool:
        """Whether any process reads the camera. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            try:
                await self._bucket.get(camera_id)
            except (KeyNotFoundError, KeyDeletedError):
                return False
        return True
