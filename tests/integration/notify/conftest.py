"""notify without its process: the real broker, records and evidence store; the replica of ingest is a small server."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, closing

import grpc
import pytest
from fakes import CalmWeather
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder, service

from sightline.chassis import topology
from sightline.chassis.errors import NotFound
from sightline.chassis.handling import per_subject, reading_delivered, side_by_side
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.receipts import Receipts
from sightline.chassis.topology import EVIDENCE, NOTIFY, NOTIFY_EVIDENCE, NOTIFY_KEYS, NOTIFY_REFERENCES
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.notify.alert_book import open_alert_book
from sightline.notify.alert_erasure import AlertErasure, PersonErasure
from sightline.notify.alert_metrics import AlertMetrics
from sightline.notify.erasure_lane import ErasureLane
from sightline.notify.evidence import Evidence
from sightline.notify.evidence_lane import EvidenceLane
from sightline.notify.handler import Alerting
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.notify.projection import AlertProjection
from sightline.notify.reference_lane import ReferenceLane
from sightline.notify.sealed_pictures import SealedPictures
from sightline.notify.sightings import BusSightings
from sightline.notify.tombstones import Tombstones
from sightline.v1 import evidence_service_pb2
from sightline.v1.alert_service_pb2 import AlertEvent
from sightline.v1.events_pb2 import Sighting
from sightline.v1.evidence_service_pb2_grpc import EvidenceServiceServicer, add_EvidenceServiceServicer_to_server


class Snapshots(EvidenceServiceServicer):
    """A replica of ingest that has one frame for every track; it answers anybody, and keeps what it was shown."""

    def __init__(self) -> None:
        self.target = ""
        self.shown: list[str] = []

    async def GetEvidence(self, request, context):
        self.shown.append(dict(context.invocation_metadata())["authorization"].removeprefix("Bearer "))
        return evidence_service_pb2.GetEvidenceResponse(snapshot=b"snapshot of " + request.track_id.encode())


@pytest.fixture
async def snapshots():
    """A running replica that shows frames."""
    server, servicer = grpc.aio.server(), Snapshots()
    add_EvidenceServiceServicer_to_server(servicer, server)
    servicer.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield servicer
    await server.stop(0)


@pytest.fixture
def replica(snapshots):
    """Its address."""
    return snapshots.target


class Enrolled:
    """What was kept of enrolled faces' pictures, by face id; they come once they are let go."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def picture(self, watchlist_id: str, face_id: str) -> bytes:
        await self.let_go.wait()
        if face_id not in self.pictures:
            raise NotFound("REFERENCE_NOT_FOUND", f"None was kept of {face_id} of {watchlist_id}.")
        return self.pictures[face_id]


@pytest.fixture
def enrolled():
    """References that a test puts there."""
    return Enrolled()


@pytest.fixture
async def evidence(bus, enrolled):
    """The evidence store."""
    keys = BucketKeyRing(WrappedKeys(bus, NOTIFY_KEYS), secrets_folder().alerts_keys())
    pictures = SealedPictures(await bus.object_store(EVIDENCE), keys)
    return Evidence(pictures, enrolled, service("notify", "ingest"), timeout=60.0)


@pytest.fixture
async def book(bus):
    """The alerts' records."""
    return await open_alert_book(bus)


@pytest.fixture
def see(bus):
    """A function that publishes sightings."""

    async def publish(*sightings):
        for sighting in sightings:
            subject = topology.sightings(sighting.watchlist_id, sighting.source)
            await bus.publish(subject, sighting, dedup_id=new_id())

    return publish


@pytest.fixture
def erasure(bus, book, evidence):
    """What takes the erased out of alerts."""
    return AlertErasure(book, Outbox(book, BusAlerts(bus)), evidence, BusSightings(bus), Tombstones(bus))


@pytest.fixture
async def erasures(bus, erasure, tmp_path):
    """What hears of erasures, with a list of alerts of its own; a minute ahead, so that it waits for no tombstone."""
    with closing(AlertProjection(tmp_path / "erasures.db", bus)) as projection:
        async with projection.following():
            yield ErasureLane(
                PersonErasure(projection, erasure, Receipts(bus, "notify")), Tombstones(bus), lambda: time.time() + 60
            )


@pytest.fixture
def alerting(bus, book, evidence, see, until, erasure):
    """A function that publishes sightings and returns once notify has handled them all, with their pictures."""

    @asynccontextmanager
    async def working(sink):
        metrics = WorkerMetrics(CollectorRegistry())
        handler = Alerting(book, sink, CalmWeather(), AlertMetrics(CollectorRegistry()))
        alerts = per_subject(reading_delivered(Sighting, handler.handle))
        lane = EvidenceLane(book, BusSightings(bus), evidence, sink, erasure)
        pictures = side_by_side(reading_delivered(AlertEvent, lane.handle))
        references = side_by_side(reading_delivered(AlertEvent, ReferenceLane(book, evidence, erasure).handle))
        async with (
            Worker(bus, NOTIFY_REFERENCES, references, metrics, max_batch=16).running(),
            Worker(bus, NOTIFY, alerts, metrics, max_batch=16).running(),
            Worker(bus, NOTIFY_EVIDENCE, pictures, metrics, max_batch=16).running(),
        ):
            yield

    async def run(*sightings, wrap=lambda sink: sink):
        await see(*sightings)
        async with working(wrap(BusAlerts(bus))):
            await until(lambda: _done(bus))

    return run


async def _done(bus) -> bool:
    return not any([await bus.lag(stage) for stage in (NOTIFY, NOTIFY_EVIDENCE, NOTIFY_REFERENCES)])


@pytest.fixture
def stored(bus):
    """A function that returns every message of a stream, and their dedup ids."""

    async def read(stream, kind):
        state = (await bus.js.stream_info(stream)).state
        messages = [await bus.js.get_msg(stream, n) for n in range(1, state.last_seq + 1)]
        return [(kind.FromString(message.data), message.headers["Nats-Msg-Id"]) for message in messages]

    return read
