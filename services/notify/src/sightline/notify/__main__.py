"""The composition root of notify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.access import CameraIds, WatchlistIds
from sightline.chassis.durability import check_durability
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import open_identity, read_secrets, service_bus
from sightline.chassis.identity.open_secrets import open_secrets
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.policy import policy_in_force
from sightline.chassis.provision import prepare
from sightline.chassis.rpc import Served, serve_rpc
from sightline.chassis.topology import ACCESS, DUTIES
from sightline.chassis.worker import WorkerMetrics
from sightline.notify.access_servicer import AccessServicer
from sightline.notify.alert_parts import assemble_alerts
from sightline.notify.api_keys import ApiKeyPlaces, ApiKeys
from sightline.notify.audit_servicer import AuditServicer
from sightline.notify.delivery_parts import assemble_deliveries
from sightline.notify.first_admin import seed
from sightline.notify.sealer import Sealer
from sightline.notify.settings import NotifySettings
from sightline.notify.subjects import SubjectPlaces, Subjects
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2_grpc import add_AccessServiceServicer_to_server
from sightline.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server

if TYPE_CHECKING:
    import asyncio

    from nats.js.kv import KeyValue

    from sightline.chassis.access import Locator
    from sightline.chassis.bus import Bus
    from sightline.chassis.health import Check
    from sightline.chassis.identity.callers import CallerBook
    from sightline.chassis.identity.identity import Identity
    from sightline.notify.projection import AlertProjection


async def serve(settings: NotifySettings, stop: asyncio.Event) -> None:
    """Runs notify until it is told to stop."""
    secrets, folder = read_secrets(settings), open_secrets(settings)
    policy = policy_in_force(settings.policy)
    first_admin, seal_key = folder.first_admin(), folder.seal_key()
    folder.alerts_keys().keys()  # what is wrong with the file ends the start here
    health = Health(registry := new_registry())
    async with (
        service_bus(settings, registry) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
    ):
        await check_durability(bus, settings)
        await prepare(bus, settings)
        access = await bus.bucket(ACCESS)
        await seed(access, first_admin)
        sealer, metrics = Sealer(bus, await bus.bucket(DUTIES), seal_key, registry), WorkerMetrics(registry)
        async with (
            open_identity(settings, secrets, bus) as identity,
            assemble_alerts(bus, settings, policy, identity, registry, metrics, stop) as alerts,
            assemble_deliveries(
                bus, settings, identity.auditor, alerts.alerting, alerts.erasures, registry, metrics
            ) as deliveries,
        ):
            services = [alerts.served, *deliveries.services, *identity_services(bus, access, identity, stop)]
            own = {"broker": bus.check, "callers": identity.book.check, "seals": sealer.check}
            checks: dict[str, Check] = {**own, **alerts.checks, **deliveries.checks}
            places = locators(alerts.projection, identity.book) | deliveries.locators
            async with (
                alerts.following(),
                sealer.running(),
                serve_rpc(settings, services, identity, health, registry, places),
                alerts.working(),
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
