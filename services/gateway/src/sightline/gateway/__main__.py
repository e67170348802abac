"""The composition root of gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.durability import check_durability
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import service_bus
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.provision import prepare
from sightline.gateway.application import application
from sightline.gateway.http_server import serve_http
from sightline.gateway.settings import GatewaySettings
from sightline.gateway.upstream import open_upstream

if TYPE_CHECKING:
    import asyncio


async def serve(settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Runs gateway until it is told to stop."""
    registry, health = new_registry(), Health()
    async with (
        service_bus(settings, registry) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
        open_upstream(settings),
    ):
        await check_durability(bus, settings)
        await prepare(bus, settings)
        async with serve_http(settings, application([])), health.watching({"broker": bus.check}):
            await stop.wait()


if __name__ == "__main__":
    run_service(GatewaySettings, serve)
