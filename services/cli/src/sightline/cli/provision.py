"""`sightline provision`: makes the broker agree with the topology table, and keeps it so."""

import asyncio
from contextlib import suppress
from typing import Annotated, ClassVar

import typer

from sightline.chassis.bus import Bus, connect_bus
from sightline.chassis.durability import check_durability
from sightline.chassis.health import Health, serve_health
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.provision import provision as provision_once
from sightline.chassis.provision import wait_provisioned, watch
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.topology import TOPOLOGY


class ProvisionSettings(ServiceSettings):
    """Settings of the process that provisions."""

    service: ClassVar[str] = "provision"

    health_port: int = 7711
    metrics_port: int = 7712


def provision(
    keep: Annotated[bool, typer.Option("--watch", help="Go on, and put back what a broker restart took away.")] = False,
) -> None:
    """Create the broker's streams, buckets and consumers, or say how they differ from what is needed."""
    run_service(ProvisionSettings, _keep_provisioned if keep else _provision_once)


async def _provision_once(settings: ProvisionSettings, _: asyncio.Event) -> None:
    async with connect_bus(settings.nats_url, settings.service) as bus:
        await check_durability(bus, settings)
        created = await provision_once(bus, TOPOLOGY)
    typer.echo(f"created: {', '.join(created)}" if created else "everything is there already")


async def _keep_provisioned(settings: ProvisionSettings, stop: asyncio.Event) -> None:
    health = Health()
    async with (
        connect_bus(settings.nats_url, settings.service) as bus,
        serve_metrics(settings, new_registry()),
        serve_health(settings, health),
    ):
        await check_durability(bus, settings)
        await provision_once(bus, TOPOLOGY)
        async with health.watching({"broker": bus.check, "topology": lambda: _complete(bus)}):
            watching = asyncio.create_task(watch(bus, TOPOLOGY))
            await stop.wait()
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching


async def _complete(bus: Bus) -> None:
    await wait_provisioned(bus, TOPOLOGY, seconds=0)
