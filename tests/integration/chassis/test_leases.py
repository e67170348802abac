"""Leases and camera records on a real broker."""

from __future__ import annotations

import asyncio
import time

import pytest

from sightline.chassis.errors import Conflict, NotFound, Unavailable
from sightline.chassis.ids import new_id
from sightline.chassis.leases import Leases
from sightline.chassis.topology import LEASES
from sightline.ingest.cameras import open_cameras
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2


async def test_a_camera_has_one_holder(bus):
    """While one has the lease nobody else gets it; released, it is free at once; a stale holder cannot renew."""
    bucket = await bus.bucket(LEASES)
    one, two, camera = Leases(bucket, "a:1"), Leases(bucket, "b:1"), new_id()
    lease = await one.take(camera)
    await lease.renew(7)
    assert await two.take(camera) is None
    assert await two.is_held(camera)
    entry = records_pb2.Lease.FromString((await bucket.get(camera)).value)
    assert (entry.address, entry.epoch) == ("a:1", 7)
    await lease.release()
    assert not await two.is_held(camera)
    assert await two.take(camera) is not None
    with pytest.raises(Conflict, match="LEASE_LOST"):
        await lease.renew(7)


async def test_a_lease_that_the_broker_lost_is_taken_back(bus):
    """Its holder renews it where nobody has it, as after a restart of the broker; where somebody has it, it is lost."""
    bucket = await bus.bucket(LEASES)
    one, two, camera = Leases(bucket, "a:1"), Leases(bucket, "b:1"), new_id()
    lease = await one.take(camera)
    await bus.js.purge_stream(f"KV_{LEASES}")
    await lease.renew(3)
    assert await two.take(camera) is None
    await bus.js.purge_stream(f"KV_{LEASES}")
    assert await two.take(camera) is not None
    with pytest.raises(Conflict, match="LEASE_LOST"):
        await lease.keep()


async def test_a_lease_that_ended_is_neither_renewed_nor_used(bus):
    """A process that slept past the end of its lease publishes nothing, and does not take it back, free or not."""
    lease, sent = await Leases(await bus.bucket(LEASES), "a:1").take(new_id()), []

    async def publish(subject, message, *, dedup_id):
        sent.append((subject, message, dedup_id))
        return len(sent)

    publish_as_holder = lease.publishing(publish)
    assert await publish_as_holder("subject", None, dedup_id="1") == 1
    lease.ends = time.monotonic()
    with pytest.raises(Unavailable, match="LEASE_LOST"):
        await publish_as_holder("subject", None, dedup_id="2")
    for call in (lease.renew(1), lease.keep()):
        with pytest.raises(Conflict, match="LEASE_LOST"):
            await call
    assert len(sent) == 1


async def test_changes_by_many_are_all_kept(bus):
    """Eight who edit one record at the same time lose nothing."""
    book, camera = await open_cameras(bus), new_id()
    await book.add(records_pb2.CameraRecord(camera=pb.Camera(id=camera)))

    def one_more(record):
        record.status.faces += 1

    await asyncio.gather(*(book.change(camera, one_more) for _ in range(8)))
    assert (await book.get(camera)).record.status.faces == 8
    await book.delete(camera)
    with pytest.raises(NotFound, match="CAMERA_NOT_FOUND"):
        await book.change(camera, one_more)


async def test_a_broker_that_is_away_is_said_to_be(bus, nats_server):
    """Records and leases raise Unavailable, not what the client library raises; afterwards they work again."""
    book, leases = await open_cameras(bus), Leases(await bus.bucket(LEASES), "a:1")
    nats_server.kill()
    for call in (book.all(), leases.take(new_id())):
        with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
            await call
    nats_server.start()
    async with asyncio.timeout(60):
        while not bus.client.is_connected:
            await asyncio.sleep(0.1)
    assert await book.all() == []
