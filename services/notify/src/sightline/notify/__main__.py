"""The composition root of notify."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from sightline.chassis.access import CameraIds, WatchlistIds
from sightline.chassis.bus import connect_bus
from sightline.chassis.durability import check_durability
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.provision import prepare
from sightline.chassis.rpc import Served, serve_rpc
from sightline.chassis.topology import ACCESS, ALERT_RECORDS, EVIDENCE, NOTIFY
from sightline.chassis.worker import Worker, WorkerMetrics, one_by_one, reading
from sightline.notify.access_servicer import AccessServicer
from sightline.notify.alerts import Alerts
from sightline.notify.api_keys import ApiKeyPlaces, ApiKeys
from sightline.notify.audit_servicer import AuditServicer
from sightline.notify.delivery_parts import assemble_deliveries
from sightline.notify.evidence import Evidence
from sightline.notify.first_admin import seed
from sightline.notify.handler import Alerting
from sightline.notify.outbox import BusAlerts
from sightline.notify.projection import AlertProjection
from sightline.notify.servicer import AlertServicer
from sightline.notify.settings import NotifySettings
from sightline.notify.subjects import SubjectPlaces, Subjects
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2_grpc import add_AccessServiceServicer_to_server
from sightline.v1.alert_service_pb2_grpc import add_AlertServiceServicer_to_server
from sightline.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from sightline.v1.events_pb2 import Sighting

if TYPE_CHECKING:
    import asyncio

    from nats.js.kv import KeyValue

    from sightline.chassis.access import Locator
    from sightline.chassis.bus import Bus
    from sightline.chassis.identity.callers import CallerBook
    from sightline.chassis.identity.identity import Identity

MAX_BATCH = 16


async def serve(settings: NotifySettings, stop: asyncio.Event) -> None:
    """Runs notify until it is told to stop."""
    secrets = read_secrets(settings)
    folder = SecretsFolder(settings.secrets_dir)
    first_admin = folder.first_admin()
    folder.alerts_keys().keys()  # what is wrong with the file ends the start here
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
        evidence_store, alert_records = await bus.object_store(EVIDENCE), await bus.bucket(ALERT_RECORDS)
        async with open_identity(settings, secrets, bus) as identity:
            evidence = Evidence(evidence_store, identity.to("ingest"), settings.evidence_timeout)
            alerting = Alerting(Alerts(alert_records), evidence, BusAlerts(bus))
            handle = one_by_one(reading(Sighting, alerting.handle))
            worker = Worker(bus, NOTIFY, handle, WorkerMetrics(registry), max_batch=MAX_BATCH)
            with closing(AlertProjection(settings.state_dir / "notify" / "alerts.db", bus)) as projection:
                async with assemble_deliveries(bus, settings, identity.auditor, alerting, registry) as deliveries:
                    alerts = AlertServicer(bus, projection, evidence, identity.auditor, stop)
                    services = [
                        Served("sightline.v1.AlertService", alerts, add_AlertServiceServicer_to_server),
                        *identity_services(bus, access, identity, stop),
                        *deliveries.services,
                    ]
                    checks = {
                        "broker": bus.check,
                        "callers": identity.book.check,
                        "sightings": worker.check,
                        "alerts": projection.check,
                        "subscriptions": deliveries.watch.check,
                        "deliveries": deliveries.log.check,
                    }
                    places = locators(projection, identity.book)
                    places[access_pb2.OBJECT_KIND_SUBSCRIPTION] = deliveries.places
                    async with (
                        projection.following(),
                        serve_rpc(settings, services, identity, health, registry, places),
                        worker.running(),
                        deliveries.running(),
                        health.watching(checks),
                    ):
                        await stop.wait()


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
