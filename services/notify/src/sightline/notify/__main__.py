"""The composition root of notify."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from sightline.chassis.audit import Auditor
from sightline.chassis.bus import connect_bus
from sightline.chassis.durability import check_durability
from sightline.chassis.health import Health, serve_health
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.provision import prepare
from sightline.chassis.rpc import Served, serve_rpc
from sightline.chassis.topology import ALERT_RECORDS, EVIDENCE, NOTIFY
from sightline.chassis.worker import Worker, WorkerMetrics, one_by_one, reading
from sightline.notify.alerts import Alerts
from sightline.notify.evidence import Evidence
from sightline.notify.handler import Alerting
from sightline.notify.outbox import BusAlerts
from sightline.notify.projection import AlertProjection
from sightline.notify.servicer import AlertServicer
from sightline.notify.settings import NotifySettings
from sightline.v1.alert_service_pb2_grpc import add_AlertServiceServicer_to_server
from sightline.v1.events_pb2 import Sighting

if TYPE_CHECKING:
    import asyncio

MAX_BATCH = 16


async def serve(settings: NotifySettings, stop: asyncio.Event) -> None:
    """Runs notify until it is told to stop."""
    registry, health = new_registry(), Health()
    async with (
        connect_bus(settings.nats_url, settings.service) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
    ):
        await check_durability(bus, settings)
        await prepare(bus, settings)
        token = settings.token.get_secret_value()
        evidence = Evidence(await bus.object_store(EVIDENCE), token, settings.evidence_timeout)
        alerting = Alerting(Alerts(await bus.bucket(ALERT_RECORDS)), evidence, BusAlerts(bus))
        worker = Worker(
            bus, NOTIFY, one_by_one(reading(Sighting, alerting.handle)), WorkerMetrics(registry), max_batch=MAX_BATCH
        )
        with closing(AlertProjection(settings.state_dir / "notify" / "alerts.db", bus)) as projection:
            servicer = AlertServicer(bus, projection, evidence, Auditor(bus, settings.service), stop)
            services = [Served("sightline.v1.AlertService", servicer, add_AlertServiceServicer_to_server)]
            async with (
                projection.following(),
                serve_rpc(settings, services, health, registry),
                worker.running(),
                health.watching({"broker": bus.check, "sightings": worker.check, "alerts": projection.check}),
            ):
                await stop.wait()


if __name__ == "__main__":
    run_service(NotifySettings, serve)
