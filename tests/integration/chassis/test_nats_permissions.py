"""Each service may publish and subscribe what the topology table says, and no more: every row, on a real broker."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import nats
import pytest
from broker import run_closed_nats_server
from broker_subjects import ALL, READER, listened, subjects
from nats.js.api import AckPolicy, ConsumerConfig
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis import topology
from sightline.chassis.broker_permissions import covers, permissions
from sightline.chassis.burst import publish_burst
from sightline.chassis.bus import Bus, connect_bus
from sightline.chassis.errors import FailedPrecondition, PermissionDenied
from sightline.chassis.ids import new_id
from sightline.chassis.nkey import new_seed, public_of
from sightline.chassis.parties import PARTIES
from sightline.chassis.provision import provision, wait_provisioned
from sightline.chassis.tail import consumer_behind
from sightline.chassis.topology import TOPOLOGY
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from broker import NatsServer

NOBODYS = "nobodys.own"


@pytest.fixture(scope="module")
def reader_key(tmp_path_factory) -> Path:
    """The key of another system."""
    path = tmp_path_factory.mktemp("reader") / f"{READER.name}.nk"
    path.write_bytes(new_seed())
    return path


@pytest.fixture(scope="module")
def broker(tmp_path_factory, reader_key) -> Iterator[NatsServer]:
    """One broker for all rows, provisioned by the one who may."""
    readers = {READER.name: public_of(reader_key.read_bytes())}

    async def fill(url: str) -> None:
        async with as_party("provision", url) as bus:
            await provision(bus, TOPOLOGY)
            await wait_provisioned(bus, TOPOLOGY, seconds=0)

    with run_closed_nats_server(tmp_path_factory.mktemp("closed"), readers=readers) as server:
        asyncio.run(fill(server.url))
        assert not server.violations
        yield server


@asynccontextmanager
async def as_party(name: str, url: str, registry: CollectorRegistry | None = None) -> AsyncIterator[Bus]:
    """A connection with the key of a service."""
    async with connect_bus(url, name, key=secrets_folder().broker_key(name), registry=registry) as bus:
        yield bus


@asynccontextmanager
async def hearing_errors(name: str, broker: NatsServer, key: Path | None = None):
    """A plain client with that party's key, and what it was denied, as its broker says it."""
    said: list[str] = []

    async def note(error: Exception) -> None:
        said.append(str(error).lower().rpartition(' to "')[2].rstrip('"').removeprefix("$"))

    seed = str(key or secrets_folder().broker_key(name))
    client = await nats.connect(broker.url, nkeys_seed=seed, error_cb=note, allow_reconnect=False)
    yield client, said
    await client.close()


async def tried(client, said: list[str], asked: list[str], attempt) -> set[str]:
    """Of what was asked, that which was denied."""
    for subject in asked:
        await attempt(subject)
    # The broker answers in order: once this one was denied, so was everything before it.
    await client.publish(NOBODYS, b"")
    async with asyncio.timeout(60):
        while NOBODYS not in said:
            await asyncio.sleep(0.01)
    return {subject for subject in asked if subject.lower().removeprefix("$") in said}


def key_of(name: str, reader_key: Path) -> Path | None:
    return reader_key if name == READER.name else None


@pytest.mark.parametrize("name", ALL)
async def test_nats_permissions_of_publishing(name, broker, reader_key):
    """Of everything that anybody could publish or ask, the broker denies a party exactly what its row does not say."""
    own = permissions(ALL[name])
    wanted = {
        subject
        for subject in subjects()
        if not any(covers(pattern, subject) for pattern in own.publish)
        or any(covers(pattern, subject) for pattern in own.deny)
    }
    async with hearing_errors(name, broker, key_of(name, reader_key)) as (client, said):
        denied = await tried(client, said, subjects(), lambda subject: client.publish(subject, b"{"))
    assert len(wanted) > 400
    assert sorted(denied ^ wanted) == []


@pytest.mark.parametrize("name", ALL)
async def test_nats_permissions_of_listening(name, broker, reader_key):
    """A party hears its own answers and what its row says, and no stream of others."""
    own = permissions(ALL[name]).subscribe
    wanted = {subject for subject in listened() if not any(covers(pattern, subject) for pattern in own)}
    async with hearing_errors(name, broker, key_of(name, reader_key)) as (client, said):
        denied = await tried(client, said, listened(), client.subscribe)
    assert len(wanted) > 10
    assert sorted(denied ^ wanted) == []


DENIED = {
    "detect": ("$JS.API.STREAM.MSG.GET.GALLERY", "$JS.API.STREAM.MSG.GET.KV_keys", "$JS.API.CONSUMER.CREATE.GALLERY.x"),
    "embed": ("sightline.alerts.x.raised", "sightline.sightings.x.x", "$KV.access.key.x", "sightline.audit.match.x"),
    "ingest": ("sightline.sightings.x.x", "$JS.API.STREAM.MSG.GET.KV_keys", "$KV.keys.x", "sightline.seals"),
    "match": ("sightline.seals", "$KV.access.key.x", "$JS.API.STREAM.MSG.GET.KV_notify-keys", "sightline.alerts.x.x"),
    "notify": ("sightline.gallery.x.face.x", "sightline.sightings.x.x", "$KV.keys.x", "$JS.API.STREAM.PURGE.GALLERY"),
    "operator": ("sightline.gallery.x.face.x", "$KV.access.key.x", "$JS.API.STREAM.MSG.GET.GALLERY"),
    "provision": ("sightline.gallery.x.face.x", "$JS.API.STREAM.DELETE.AUDIT", "$JS.API.STREAM.MSG.GET.KV_keys"),
    # It reads of the ledger how long its records are, and writes nothing anywhere.
    "backup": (
        "sightline.gallery.x.face.x",
        "$KV.keys.x",
        "$JS.API.STREAM.MSG.GET.KV_keys",
        "$JS.API.STREAM.RESTORE.GALLERY",
    ),
    "restore": (
        "$KV.access.key.x",
        "sightline.seals",
        "$JS.API.STREAM.SNAPSHOT.KV_keys",
        "$JS.API.STREAM.CREATE.GALLERY",
    ),
    READER.name: ("sightline.events.alert.raised.x", "$JS.API.STREAM.MSG.GET.EVENTS", "$JS.API.STREAM.INFO.EVENTS"),
}
OF_NOBODY = ("$JS.API.STREAM.MSG.DELETE.AUDIT", "$JS.API.STREAM.PURGE.AUDIT", "$JS.API.STREAM.DELETE.GALLERY")


@pytest.mark.parametrize("name", DENIED)
async def test_nats_permissions_that_must_never_be(name, broker, reader_key):
    """Whatever the table says: these are the doors for whose sake there are permissions at all."""
    asked = [*DENIED[name], *OF_NOBODY]
    async with hearing_errors(name, broker, key_of(name, reader_key)) as (client, said):
        assert await tried(client, said, asked, lambda subject: client.publish(subject, b"")) == set(asked)


async def test_nats_permissions_let_everybody_see_what_is_their_own(broker):
    """What a row lends comes from the streams' own account: each finds the streams and consumers that it works with."""
    for name, party in PARTIES.items():
        async with as_party(name, broker.url) as bus:
            for stream in {*party.sees, *party.reads, *party.follows}:
                assert (await bus.js.stream_info(stream)).config.name == stream
            for consumer in (*party.consumes, *party.watches):
                assert (await bus.js.consumer_info(consumer.stream, consumer.name)).name == consumer.name


async def test_nats_permissions_let_match_list_its_references(broker):
    """Of what it has stored it sees the names, and not of what it has deleted."""
    kept, deleted = new_id(), new_id()
    async with as_party("match", broker.url) as bus:
        store = await bus.object_store(topology.REFERENCES)
        assert [each async for each in store.there()] == []
        for name in (kept, deleted):
            await store.put(name, b"sealed")
        await store.delete(deleted)
        assert [each.name async for each in store.there()] == [kept]


async def test_nats_permissions_cannot_be_got_round_by_answers(broker):
    """Whoever names another's subject as the place for the broker's answer writes nothing there, however they ask."""
    target, mine = topology.sightings(new_id(), new_id()), f"$KV.cameras.{new_id()}"
    async with as_party("ingest", broker.url) as bus:
        await bus.js.publish(mine, b"forged")
        before = (await bus.js.stream_info("SIGHTINGS")).state.last_seq
        for subject, body in (
            (mine, b"forged"),
            ("$JS.API.STREAM.INFO.KV_cameras", b""),
            ("$JS.API.STREAM.MSG.GET.KV_cameras", json.dumps({"last_by_subj": mine}).encode()),
            (f"$JS.API.CONSUMER.MSG.NEXT.KV_cameras.{await consumer_behind(bus, 'KV_cameras', 0)}", b'{"batch": 1}'),
        ):
            await bus.client.publish(subject, body, reply=target)
        pushed = ConsumerConfig(name=new_id(), deliver_subject=target, ack_policy=AckPolicy.NONE)
        await bus.js.add_consumer("KV_cameras", pushed)
        await bus.client.flush()
        await asyncio.sleep(0.3)
        assert (await bus.js.stream_info("SIGHTINGS")).state.last_seq == before


async def test_nats_permissions_keep_others_places(broker):
    """Who reads a stream through consumers of its own cannot take over, or change, that of another who works it off."""
    place = topology.NOTIFY
    async with as_party("notify", broker.url) as bus:
        before = (await bus.js.consumer_info(place.stream, place.name)).config
    async with as_party("ingest", broker.url) as bus:
        with pytest.raises(PermissionDenied):
            await bus.js.add_consumer(place.stream, ConsumerConfig(name=place.name, max_deliver=1))
        with pytest.raises(PermissionDenied):
            await bus.js.delete_consumer(place.stream, place.name)
        body = {"stream_name": place.stream, "config": {"name": place.name, "max_deliver": 1}}
        for subject in (f"$JS.API.CONSUMER.CREATE.{place.stream}", f"$JS.API.CONSUMER.CREATE.{place.stream}.x"):
            try:
                await bus.client.request(subject, json.dumps(body).encode(), timeout=20)
            except PermissionDenied:
                continue
    async with as_party("notify", broker.url) as bus:
        assert (await bus.js.consumer_info(place.stream, place.name)).config == before


async def test_a_denied_request_fails_at_once_and_says_why(broker):
    """A denial is an error of its own, with subject and service, and no time-out; it is counted, too."""
    registry = CollectorRegistry()
    subject = topology.alerts(new_id(), "raised")
    async with as_party("detect", broker.url, registry) as bus:
        began = time.monotonic()
        with pytest.raises(PermissionDenied, match=f"BROKER_DENIED: .* detect use {subject}"):
            await bus.publish(subject, events_pb2.DeadLetter(), dedup_id=new_id())
        with pytest.raises(PermissionDenied, match=r"BROKER_DENIED: .* detect use \$JS.API.STREAM.INFO.GALLERY"):
            await bus.js.stream_info("GALLERY")
        with pytest.raises(PermissionDenied, match="BROKER_DENIED"):
            await bus.bucket(topology.KEYS)
        with pytest.raises(PermissionDenied, match="BROKER_DENIED"):
            await publish_burst(bus.client, [("$KV.keys.x", b""), ("$KV.keys.y", b"")], None, 60.0)
        assert time.monotonic() - began < 4
        event = events_pb2.AuditEvent(id=new_id())
        await bus.publish(topology.audit("detect", "faces.detect"), event, dedup_id=event.id)
    assert registry.get_sample_value("sightline_broker_denials_total", {"kind": "publish"}) >= 4


async def test_a_key_that_the_broker_does_not_know_is_said_to_be_unknown(broker, tmp_path):
    """A service with a wrong key does not start, with a reason that names the cure; nor does anybody without one."""
    (tmp_path / "wrong.nk").write_bytes(new_seed())
    for key in (tmp_path / "wrong.nk", None):
        with pytest.raises(FailedPrecondition, match=r"BROKER_REFUSED_KEY: .*sightline broker config"):
            async with connect_bus(broker.url, "embed", key=key):
                pass


async def test_another_system_reads_the_public_topics_and_nothing_else(broker, reader_key):
    """It reads events from a place of its own; a place under another name is not for it."""
    async with as_party("ingest", broker.url) as bus, hearing_errors(READER.name, broker, reader_key) as (client, said):
        event = events_pb2.CameraEvent(camera_id=new_id())
        subject = topology.camera_events("running", event.camera_id)
        place = await client.jetstream().pull_subscribe("sightline.events.>", durable="control-room", stream="EVENTS")
        await bus.publish(subject, event, dedup_id=new_id())
        found = [message async for message in fetched(place)]
        assert (subject, event) in [(each.subject, events_pb2.CameraEvent.FromString(each.data)) for each in found]
        await client.publish("$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.elsewhere", b"{}")
        await client.flush()
        await tried(client, said, [], client.publish)
    assert said == ["js.api.consumer.durable.create.events.elsewhere", NOBODYS]


async def fetched(place) -> AsyncIterator:
    """Everything that waits there; rows of the table that were tried before have written there, too."""
    for message in await place.fetch(100, timeout=20):
        await message.ack()
        if message.data != b"{":
            yield message
