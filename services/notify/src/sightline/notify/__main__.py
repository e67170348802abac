"""The composition root of notify."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import TYPE_CHECKING

from sightline.chassis.access import CameraIds, WatchlistIds
from sightline.chassis.bus import connect_bus
from sightline.chassis.durability import check_durability
from sightline.chassis.handling import one_by_one, per_subject, reading, reading_delivered, side_by_side
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.provision import prepare
from sightline.chassis.receipts import Receipts
from sightline.chassis.rpc import Served, open_channel, serve_rpc
from sightline.chassis.topology import (
    ACCESS,
    EVIDENCE,
    NOTIFY,
    NOTIFY_ERASURE,
    NOTIFY_EVIDENCE,
    NOTIFY_KEYS,
    NOTIFY_REFERENCES,
)
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.notify.access_servicer import AccessServicer
from sightline.notify.alert_book import open_alert_book
from sightline.notify.api_keys import ApiKeyPlaces, ApiKeys
from sightline.notify.audit_servicer import AuditServicer
from sightline.notify.enrolled_pictures import RpcEnrolledPictures
from sightline.notify.evidence import Evidence
from sightline.notify.evidence_lane import EvidenceLane
from sightline.notify.feed import AlertFeed
from sightline.notify.first_admin import seed
from sightline.notify.forgetting import AlertErasure, Forgetting
from sightline.notify.handler import Alerting
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.notify.projection import AlertProjection
from sightline.notify.reference_lane import ReferenceLane
from sightline.notify.reviewing import Reviewing
from sightline.notify.sealed_pictures import SealedPictures
from sightline.notify.servicer import AlertServicer
from sightline.notify.settings import NotifySettings
from sightline.notify.sightings import BusSightings
from sightline.notify.subjects import SubjectPlaces, Subjects
from sightline.notify.tombstones import ErasureLane, Tombstones
from sightline.notify.upkeep import Upkeep
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2_grpc import add_AccessServiceServicer_to_server
from sightline.v1.alert_service_pb2 import AlertEvent
from sightline.v1.alert_service_pb2_grpc import add_AlertServiceServicer_to_server
from sightline.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from sightline.v1.events_pb2 import Sighting
from sightline.v1.records_pb2 import LedgerEntry

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Iterable

    from nats.js.kv import KeyValue
    from prometheus_client import CollectorRegistry

    from sightline.chassis.access import Locator
    from sightline.chassis.bus import Bus
    from sightline.chassis.identity.callers import CallerBook
    from sightline.chassis.identity.identity import Identity
    from sightline.notify.alert_book import AlertBook

MAX_BATCH = 16


async def serve(settings: NotifySettings, stop: asyncio.Event) -> None:
    """Runs notify until it is told to stop."""
    secrets = read_secrets(settings)
    folder = SecretsFolder(settings.secrets_dir)
    first_admin, key_file = folder.first_admin(), folder.alerts_keys()
    key_file.keys()  # what is wrong with it ends the start here
    registry, health = new_registry(), Health()
    async with (
        connect_bus(settings.nats_url, settings.service) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
    ):
        await check_durability(bus, settings)
        await prepare(bus, settings)
        access = await bus.bucket(ACCESS)
        await seed(access, first_admin)
        async with (
            open_identity(settings, secrets, bus) as identity,
            open_channel(settings.match_target, identity.to("match")) as match,
        ):
            enrolled = RpcEnrolledPictures(match, settings.evidence_timeout)
            pictures = SealedPictures(
                await bus.object_store(EVIDENCE), BucketKeyRing(WrappedKeys(bus, NOTIFY_KEYS), key_file)
            )
            evidence = Evidence(pictures, enrolled, identity.to("ingest"), settings.evidence_timeout)
            book, sink, feed = await open_alert_book(bus), BusAlerts(bus), AlertFeed(bus)
            reviewing = Reviewing(book, Outbox(book, sink))
            with closing(AlertProjection(settings.state_dir / "notify" / "alerts.db", bus)) as projection:
                crew = workers(bus, registry, book, evidence, projection)
                alerts = AlertServicer(projection, feed, reviewing, evidence, identity.auditor, stop)
                services = [
                    Served("sightline.v1.AlertService", alerts, add_AlertServiceServicer_to_server),
                    *identity_services(bus, access, identity, stop),
                ]
                checks = {"broker": bus.check, "callers": identity.book.check, "alerts": projection.check}
                checks |= {"feed": feed.check, **{name: worker.check for name, worker in crew.items()}}
                async with (
                    projection.following(),
                    feed.running(),
                    serve_rpc(settings, services, identity, health, registry, locators(projection, identity.book)),
                    all_running(crew.values()),
                    Upkeep(projection, reviewing).running(),
                    health.watching(checks),
                ):
                    await stop.wait()


def workers(
    bus: Bus, registry: CollectorRegistry, book: AlertBook, evidence: Evidence, projection: AlertProjection
) -> dict[str, Worker]:
    """Who make alerts of sightings, fetch their pictures, and forget the erased; by what health calls them."""
    metrics, sink, sightings = WorkerMetrics(registry), BusAlerts(bus), BusSightings(bus)
    erasure = AlertErasure(book, Outbox(book, sink), evidence, sightings, Tombstones(bus))
    lane = EvidenceLane(book, sightings, evidence, sink, erasure)
    forgetting = ErasureLane(Forgetting(projection, erasure, Receipts(bus, "notify")))
    stages = {
        "sightings": (NOTIFY, per_subject(reading_delivered(Sighting, Alerting(book, sink).handle))),
        "evidence": (NOTIFY_EVIDENCE, side_by_side(reading_delivered(AlertEvent, lane.handle))),
        "references": (NOTIFY_REFERENCES, side_by_side(reading(AlertEvent, ReferenceLane(book, evidence).handle))),
        "erasure": (NOTIFY_ERASURE, one_by_one(reading_delivered(LedgerEntry, forgetting.handle))),
    }
    return {name: Worker(bus, *stage, metrics, max_batch=MAX_BATCH) for name, stage in stages.items()}


@asynccontextmanager
async def all_running(workers: Iterable[Worker]) -> AsyncIterator[None]:
    """All of them work while the block runs."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker.running())
        yield


def identity_services(bus: Bus, access: KeyValue, identity: Identity, stop: asyncio.Event) -> list[Served]:
    """Who may call, and what was done: the services beside alerts."""
    subjects = Subjects(access, identity.book)
    keys = ApiKeys(access, identity.book, identity.secrets.callers_key, identity.uses)
    return [
        Served(
            "sightline.v1.AccessService",
            AccessServicer(subjects, keys, identity.auditor),
            add_AccessServiceServicer_to_server,
        ),
        Served(
            "sightline.v1.AuditService",
            AuditServicer(bus, identity.auditor, stop),
            add_AuditServiceServicer_to_server,
        ),
    ]


def locators(alerts: AlertProjection, callers: CallerBook) -> dict[int, Locator]:
    """Where the objects belong that requests name."""
    return {
        access_pb2.OBJECT_KIND_WATCHLIST: WatchlistIds(),
        access_pb2.OBJECT_KIND_CAMERA: CameraIds(),
        access_pb2.OBJECT_KIND_ALERT: alerts,
        access_pb2.OBJECT_KIND_SUBJECT: SubjectPlaces(callers),
        access_pb2.OBJECT_KIND_API_KEY: ApiKeyPlaces(callers),
    }


if __name__ == "__main__":
    run_service(NotifySettings, serve)
