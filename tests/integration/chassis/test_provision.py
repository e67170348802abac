from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
from nats.js.errors import ServerError

from sightline.chassis.broker_objects import Bucket, Consumer, Stream, Topology
from sightline.chassis.bus import connect_bus
from sightline.chassis.ending import end
from sightline.chassis.errors import FailedPrecondition, ResourceExhausted, Unavailable
from sightline.chassis.provision import provision, wait_provisioned, watch
from sightline.chassis.topology import EMBED_JOB, TOPOLOGY

JOB = next(stream for stream in TOPOLOGY.streams if stream.name == "FACES_JOB")
DLQ = next(stream for stream in TOPOLOGY.streams if stream.name == "DLQ")


@pytest.fixture
async def bare_bus(nats_server):
    """A connection to a broker that holds nothing yet."""
    async with connect_bus(nats_server.url, "provision") as connection:
        yield connection


@asynccontextmanager
async def watching(bus):
    """Keeps the whole topology while the block runs."""
    task = asyncio.create_task(watch(bus, TOPOLOGY))
    try:
        yield
    finally:
        await end(task)


async def test_everything_of_the_table_is_created_once(bare_bus):
    """The first run creates every stream, bucket, store and consumer; the second finds nothing to do."""
    created = await provision(bare_bus, TOPOLOGY)
    names = {item.name for item in (*TOPOLOGY.streams, *TOPOLOGY.buckets, *TOPOLOGY.object_stores)}
    assert set(created) == names | {f"{consumer.stream}/{consumer.name}" for consumer in TOPOLOGY.consumers}
    await wait_provisioned(bare_bus, TOPOLOGY, seconds=0)
    assert await provision(bare_bus, TOPOLOGY) == []


async def test_provisioning_in_parallel_agrees(nats_server):
    """In dev durability every service provisions at its start: all at once do not disturb each other."""
    async with AsyncExitStack() as stack:
        buses = [await stack.enter_async_context(connect_bus(nats_server.url, f"service-{n}")) for n in range(6)]
        await asyncio.gather(*(provision(bus, TOPOLOGY) for bus in buses))
        await wait_provisioned(buses[0], TOPOLOGY, seconds=0)


async def test_a_changed_table_updates_the_stream(bare_bus):
    """A ceiling or an age that changed in the table is changed on the broker; messages stay."""
    await provision(bare_bus, Topology((DLQ,), (), ()))
    await bare_bus.client.publish("sightline.dlq.embed", b"kept")
    await provision(bare_bus, Topology((replace(DLQ, age=timedelta(days=3), max_bytes=1 << 20),), (), ()))
    info = await bare_bus.js.stream_info("DLQ")
    assert (info.config.max_age, info.config.max_bytes) == (3 * 86400, 1 << 20)
    assert info.state.messages == 1


async def test_what_cannot_be_changed_is_reported(bare_bus):
    """A stream of another storage is left as it is, and named."""
    await bare_bus.js.add_stream(StreamConfig(name="FACES_JOB", subjects=list(JOB.subjects), storage="file"))
    with pytest.raises(FailedPrecondition, match=r"TOPOLOGY_(REFUSED|DIFFERS): "):
        await provision(bare_bus, Topology((JOB,), (), ()))
    assert (await bare_bus.js.stream_info("FACES_JOB")).config.storage == "file"


async def test_a_changed_table_updates_the_bucket(bare_bus):
    """A bucket's history and age that changed in the table are changed on the broker; entries stay."""
    await provision(bare_bus, Topology((), (), (Bucket("shelf", "file"),)))
    bucket = await bare_bus.bucket("shelf")
    await bucket.put("entry", b"kept")
    changed = Bucket("shelf", "file", timedelta(days=1), history=5)
    assert await provision(bare_bus, Topology((), (), (changed,))) == []
    status = await bucket.status()
    assert (status.history, status.ttl) == (5, 86400)
    assert (await bucket.get("entry")).value == b"kept"


async def test_only_an_erasable_bucket_lets_its_entries_be_erased(bare_bus):
    """Where the table does not say so, no revision can be taken out of a bucket's history."""
    await provision(bare_bus, Topology((), (), (Bucket("shelf", "file"), Bucket("slate", "file", erasable=True))))
    for name in ("shelf", "slate"):
        await (await bare_bus.bucket(name)).put("entry", b"value")
    assert await bare_bus.js.delete_msg("KV_slate", 1)
    with pytest.raises(ServerError, match="10057"):
        await bare_bus.js.delete_msg("KV_shelf", 1)


async def test_a_changed_table_updates_the_consumer(bare_bus):
    """Limits of a consumer that changed in the table are changed on the broker."""
    await provision(bare_bus, Topology((JOB,), (EMBED_JOB,), ()))
    await provision(bare_bus, Topology((JOB,), (replace(EMBED_JOB, max_deliver=3, ack_wait=2.0),), ()))
    config = (await bare_bus.js.consumer_info("FACES_JOB", "embed")).config
    assert (config.max_deliver, config.ack_wait) == (3, 2.0)


async def test_a_consumer_that_cannot_be_changed_is_reported(bare_bus):
    """A consumer of another kind is not silently taken for ours."""
    await provision(bare_bus, Topology((DLQ,), (), ()))
    await bare_bus.js.add_consumer("DLQ", ConsumerConfig(durable_name="readers", ack_policy=AckPolicy.NONE))
    with pytest.raises(FailedPrecondition, match=r"TOPOLOGY_(REFUSED|DIFFERS): "):
        await provision(bare_bus, Topology((DLQ,), (Consumer("DLQ", "readers"),), ()))


async def test_what_is_missing_is_named(bare_bus):
    """Who waits in vain learns what is not there, and the command that makes it."""
    wanted = Topology((JOB, DLQ), (EMBED_JOB, Consumer("DLQ", "nobody")), (Bucket("keys", "file"),))
    await provision(bare_bus, Topology((DLQ,), (), ()))
    with pytest.raises(FailedPrecondition, match=r"NOT_PROVISIONED: .*FACES_JOB, KV_keys, DLQ/nobody\. Run `sightline"):
        await wait_provisioned(bare_bus, wanted, seconds=0)


async def test_lost_objects_are_back_by_themselves(bare_bus, nats_server, until):
    """A kill -9 of the broker empties its memory; `watch` puts everything back, and what was on disk is still there.

    It takes some seconds, and on a busy machine half a minute at most.
    """
    async with watching(bare_bus):
        await wait_provisioned(bare_bus, TOPOLOGY)
        await bare_bus.js.publish("sightline.dlq.embed", b"kept")
        nats_server.kill()
        nats_server.start()
        started = time.monotonic()
        await until(lambda: _has_reconnected(bare_bus))
        await wait_provisioned(bare_bus, TOPOLOGY, seconds=30)
        assert time.monotonic() - started < 30
        assert (await bare_bus.js.stream_info("DLQ")).state.messages == 1


async def test_a_disk_without_room_is_named(nats_server_with):
    """A stream that asks for more than JetStream may have is refused with what to do."""
    server = nats_server_with("max_file_store: 1MB")
    large = Stream("DLQ", ("sightline.dlq.*",), "file", None, max_bytes=10 << 20)
    async with connect_bus(server.url, "provision") as bus:
        with pytest.raises(ResourceExhausted, match=r"BROKER_STORAGE_FULL: .*max_file_store"):
            await provision(bus, Topology((large,), (), ()))


async def test_a_dead_broker_is_unavailable(bare_bus, nats_server):
    """Provisioning says that the broker does not answer; it neither hangs nor pretends."""
    bare_bus.js = bare_bus.client.jetstream(timeout=0.5)  # an impatient one, for a quick test
    nats_server.kill()
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        await provision(bare_bus, Topology((DLQ,), (), ()))


async def _has_reconnected(bus) -> bool:
    return bus.client.is_connected and bus.client.stats["reconnects"] > 0


async def test_a_consumer_may_hear_of_some_subjects_alone(bare_bus):
    """With a filter a consumer has only what it matches waiting, and is found as it is the next time."""
    heard = Consumer("DLQ", "heard", filter="sightline.dlq.a")
    await provision(bare_bus, Topology((DLQ,), (heard,), ()))
    for stage in ("a", "b", "a", "c"):
        await bare_bus.js.publish(f"sightline.dlq.{stage}", b"")
    assert await bare_bus.lag(heard) == 2
    assert await provision(bare_bus, Topology((DLQ,), (heard,), ())) == []
