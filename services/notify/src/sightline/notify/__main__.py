"""The composition root of notify."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from sightline.chassis.access import CameraIds, WatchlistIds
from sightline.chassis.bus import connect_bus
from sightline.chassis.durability import check_durability
from sightline.chassis.handling import per_subject, reading_delivered, side_by_side
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.policy import policy_in_force
from sightline.chassis.provision import prepare
from sightline.chassis.rpc import Served, serve_rpc
from sightline.chassis.topology import ACCESS, EVIDENCE, NOTIFY, NOTIFY_EVIDENCE
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.notify.access_servicer import AccessServicer
from sightline.notify.alert_book import open_alert_book
from sightline.notify.api_keys import ApiKeyPlaces, ApiKeys
from sightline.notify.audit_servicer import AuditServicer
from sightline.notify.evidence import Evidence
from sightline.notify.evidence_lane import EvidenceLane
from sightline.notify.feed import AlertFeed
from sightline.notify.first_admin import seed
from sightline.notify.forgetting import Forgetting
from sightline.notify.handler import Alerting
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.notify.projection import AlertProjection
from sightline.notify.retention import AlertRetention
from sightline.notify.reviewing import Reviewing
from sightline.notify.servicer import AlertServicer
from sightline.notify.settings import NotifySettings
from sightline.notify.sightings import BusSightings
from sightline.notify.stored_messages import StoredMessages
from sightline.notify.subjects import SubjectPlaces, Subjects
from sightline.notify.upkeep import Upkeep
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2_grpc import add_AccessServiceServicer_to_server
from sightline.v1.alert_service_pb2 import AlertEvent
from sightline.v1.alert_service_pb2_grpc import add_AlertServiceServicer_to_server
from sightline.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from sightline.v1.events_pb2 import Sighting

if TYPE_CHECKING:
    import asyncio

    from nats.js.kv import KeyValue
    from prometheus_client import CollectorRegistry

    from sightline.chassis.access import Locator
    from sightline.chassis.bus import Bus
    from sightline.chassis.identity.callers import CallerBook
    from sightline.chassis.identity.identity import Identity

MAX_BATCH = 16


async def serve(settings: NotifySettings, stop: asyncio.Event) -> None:
    """Runs notify until it is told to stop."""
    secrets, policy = read_secrets(settings), policy_in_force(settings.policy)
    first_admin = SecretsFolder(settings.secrets_dir).first_admin()
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
        evidence_store, book = await bus.object_store(EVIDENCE), await open_alert_book(bus)
        async with open_identity(settings, secrets, bus) as identity:
            sink = BusAlerts(bus)
            evidence = Evidence(evidence_store, identity.to("ingest"), settings.evidence_timeout)
            sightings, pictures = workers(
                bus, registry, Alerting(book, sink), EvidenceLane(book, BusSightings(bus), evidence, sink)
            )
            reviewing, feed = Reviewing(book, Outbox(book, sink)), AlertFeed(bus)
            with closing(AlertProjection(settings.state_dir / "notify" / "alerts.db", bus)) as projection:
                forgetting = Forgetting(book, evidence, StoredMessages(bus))
                retention = AlertRetention(projection, forgetting, identity.auditor, policy.retention.alerts)
                alerts = AlertServicer(projection, feed, reviewing, evidence, identity.auditor, stop)
                services = [
                    Served("sightline.v1.AlertService", alerts, add_AlertServiceServicer_to_server),
                    *identity_services(bus, access, identity, stop),
                ]
                checks = {"broker": bus.check, "callers": identity.book.check, "alerts": projection.check}
                checks |= {"sightings": sightings.check, "evidence": pictures.check, "feed": feed.check}
                async with (
                    projection.following(),
                    feed.running(),
                    serve_rpc(settings, services, identity, health, registry, locators(projection, identity.book)),
                    sightings.running(),
                    pictures.running(),
                    Upkeep(projection, reviewing).running(),
                    retention.running(),
                    health.watching(checks),
                ):
                    await stop.wait()


def workers(bus: Bus, registry: CollectorRegistry, alerting: Alerting, evidence: EvidenceLane) -> tuple[Worker, Worker]:
    """Who make alerts of sightings, and who fetch their pictures."""
    metrics = WorkerMetrics(registry)
    alerts = per_subject(reading_delivered(Sighting, alerting.handle))
    pictures = side_by_side(reading_delivered(AlertEvent, evidence.handle))
    return (
        Worker(bus, NOTIFY, alerts, metrics, max_batch=MAX_BATCH),
        Worker(bus, NOTIFY_EVIDENCE, pictures, metrics, max_batch=MAX_BATCH),
    )


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
