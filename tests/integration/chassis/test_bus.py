from __future__ import annotations

import asyncio
import signal
import time
from datetime import datetime

import pytest

from sightline.chassis import bus as buses
from sightline.chassis import topology
from sightline.chassis.broker_objects import Stream, Topology
from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import FailedPrecondition, InvalidInput, ResourceExhausted, Unavailable
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.ids import new_id
from sightline.chassis.provision import provision
from sightline.chassis.topology import Lane
from sightline.v1 import events_pb2

KIB = 1024
SOURCE = new_id()
SUBJECT = topology.faces(Lane.JOB, SOURCE)
SMALL_JOB = Stream(
    "FACES_JOB", ("sightline.faces.job.*",), "memory", None, work_queue=True, discard_new=True, max_bytes=20 * KIB
)
FILES = Stream("SIGHTINGS", ("sightline.sightings.*.*",), "file", None)


def event(size: int = 0) -> events_pb2.FaceEvent:
    """An event with a crop of so many bytes."""
    return events_pb2.FaceEvent(source=SOURCE, shot=events_pb2.FaceShot(crop=b"x" * size))


async def publish_until_refused(bus, subject, size) -> ResourceExhausted:
    """The error that ends a flood of messages of that size."""
    for _ in range(200):
        try:
            await bus.publish(subject, event(size), dedup_id=new_id())
        except ResourceExhausted as error:
            return error
    pytest.fail("the broker took everything")


@pytest.fixture
async def small_bus(nats_server):
    """A connection to a broker whose job stream holds 20 KiB."""
    async with connect_bus(nats_server.url, "test") as connection:
        await provision(connection, Topology((SMALL_JOB,), (), ()))
        yield connection


async def test_a_message_is_a_cloud_event(bus):
    """What is published carries its CloudEvents attributes as headers, and its protobuf body unchanged."""
    sequence = await bus.publish(SUBJECT, event(3), dedup_id="one")
    stored = await bus.js.get_msg("FACES_JOB", sequence)
    headers = stored.headers
    assert events_pb2.FaceEvent.FromString(stored.data) == event(3)
    assert {name: headers[name] for name in headers if name != "ce-time"} == {
        "Nats-Msg-Id": "one",
        "ce-specversion": "1.0",
        "ce-id": "one",
        "ce-source": "/sightline/test",
        "ce-type": "sightline.v1.FaceEvent",
        "ce-subject": SUBJECT,
        "ce-datacontenttype": "application/protobuf",
    }
    assert datetime.fromisoformat(headers["ce-time"]).utcoffset() is not None


async def test_a_repeated_publish_is_stored_once(bus):
    """The same dedup id within the window is answered with the first sequence, and whoever asks learns it."""
    first = await bus.publish(SUBJECT, event(), dedup_id="same")
    again = await bus.publish(SUBJECT, event(), dedup_id="same")
    assert first == again
    assert not await bus.publish_new(SUBJECT, event(), dedup_id="same")
    assert await bus.publish_new(SUBJECT, event(), dedup_id="other")
    assert (await bus.js.stream_info("FACES_JOB")).state.messages == 2


async def test_compare_and_set_has_one_winner(bus):
    """Of several who expect the same last sequence one writes; the others learn that they were late."""
    watchlist = new_id()
    subject = gallery(watchlist, GalleryKind.WATCHLIST, watchlist)
    answers = await asyncio.gather(
        *(bus.publish(subject, event(n), dedup_id=new_id(), expected_sequence=0) for n in range(5)),
        return_exceptions=True,
    )
    (winner,) = [answer for answer in answers if isinstance(answer, int)]
    assert {getattr(answer, "reason", None) for answer in answers} == {None, "WRONG_LAST_SEQUENCE"}
    assert await bus.publish(subject, event(), dedup_id=new_id(), expected_sequence=winner) > winner


async def test_a_full_stream_is_named(small_bus):
    """A stream at its ceiling refuses with STREAM_FULL, and keeps what it has."""
    refusal = await publish_until_refused(small_bus, SUBJECT, KIB)
    assert refusal.reason == "STREAM_FULL"
    assert SUBJECT in refusal.message
    assert (await small_bus.js.stream_info("FACES_JOB")).state.messages > 10


async def test_a_waiting_publisher_goes_on_when_there_is_room(small_bus):
    """publish_waiting holds its caller as long as the stream is full, and no longer."""
    await publish_until_refused(small_bus, SUBJECT, KIB)
    waiting = asyncio.create_task(small_bus.publish_waiting(SUBJECT, event(KIB), dedup_id=new_id()))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await small_bus.js.purge_stream("FACES_JOB")
    assert await asyncio.wait_for(waiting, 30) > 0


async def test_a_full_disk_is_not_mistaken_for_a_full_stream(nats_server_with, tmp_path):
    """Where JetStream's storage has no room left the reason says so, and a waiting publisher does not wait for it."""
    server = nats_server_with("max_file_store: 1MB")
    subject = topology.sightings(new_id(), SOURCE)
    async with connect_bus(server.url, "test") as bus:
        await provision(bus, Topology((FILES,), (), ()))
        refusal = await publish_until_refused(bus, subject, 100 * KIB)
        before = (await bus.js.stream_info("SIGHTINGS")).state
        with pytest.raises(ResourceExhausted, match=r"BROKER_STORAGE_FULL: .* max_file_store"):
            await bus.publish_waiting(subject, event(100 * KIB), dedup_id=new_id())
        after = (await bus.js.stream_info("SIGHTINGS")).state
    assert refusal.reason == "BROKER_STORAGE_FULL"
    assert (before.messages, before.first_seq) == (after.messages, after.first_seq)
    assert after.first_seq == 1


async def test_an_absent_broker_is_reported_soon(free_port):
    """Where nobody listens the error comes within seconds and says what to do."""
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"BROKER_UNREACHABLE: .*start nats-server, or set SIGHTLINE_NATS_URL"):
        async with connect_bus(f"nats://127.0.0.1:{free_port}", "test"):
            pass
    assert time.monotonic() - started < 30


async def test_what_a_service_opens_is_unavailable_while_its_broker_is_silent(bus, nats_server, monkeypatch):
    """Which a service may say in one line at its start, as any error of ours."""
    monkeypatch.setattr(buses, "PUBLISH_TIMEOUT", 0.3)
    async with connect_bus(nats_server.url, "test") as impatient:
        nats_server.process.send_signal(signal.SIGSTOP)
        try:
            for opening in (impatient.bucket(topology.KEYS), impatient.object_store(topology.EVIDENCE)):
                with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
                    await opening
        finally:
            nats_server.process.send_signal(signal.SIGCONT)


async def test_a_broker_that_dies_is_unavailable(bus, nats_server):
    """Without a broker publishing is refused within its time-out, and health says so."""
    await bus.check()
    nats_server.kill()
    started = time.monotonic()
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        await bus.publish(SUBJECT, event(), dedup_id=new_id())
    assert time.monotonic() - started < 30
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        await bus.check()


async def test_a_broker_that_is_away_while_much_waits_for_it_is_unavailable_too(bus, nats_server, until):
    """The client buffers 2 MiB until it is back, and refuses what comes then: a camera must not fail for that."""
    nats_server.kill()

    async def away() -> bool:
        return not bus.client.is_connected

    await until(away)
    flood = (bus.publish(SUBJECT, event(600 * KIB), dedup_id=new_id()) for _ in range(6))
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert [(type(each), each.reason) for each in outcomes] == [(Unavailable, "BROKER_UNAVAILABLE")] * 6


async def test_a_message_that_no_broker_takes_is_named(bus):
    """It would fail each time."""
    with pytest.raises(InvalidInput, match="MESSAGE_TOO_LARGE"):
        await bus.publish(SUBJECT, event(2 * KIB * KIB), dedup_id=new_id())


@pytest.mark.parametrize("ask", ["bucket", "object_store"])
async def test_what_was_not_provisioned_is_named(nats_server, ask):
    """A bucket or store that is not there is NOT_PROVISIONED, with the command that helps."""
    async with connect_bus(nats_server.url, "test") as connection:
        with pytest.raises(FailedPrecondition, match=r"NOT_PROVISIONED: .*absent.*sightline provision"):
            await getattr(connection, ask)("absent")


async def test_an_unprovisioned_stream_is_not_a_success(nats_server):
    """Publishing to a subject that no stream takes is an error."""
    async with connect_bus(nats_server.url, "test") as connection:
        with pytest.raises(Unavailable, match=r"BROKER_UNAVAILABLE: .*provisioned"):
            await connection.publish(SUBJECT, event(), dedup_id=new_id())
