"""`sightline provision`: makes the broker agree with the topology table, and keeps it so.

While it watches, it also buries the messages on which a stage died again and again: the broker gives them up and says
so in an advisory, and in a work queue they would stay for good.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated, ClassVar

import typer
from pydantic import Field

from sightline.chassis.bus import Bus
from sightline.chassis.deadletters import Undertaker
from sightline.chassis.durability import check_durability
from sightline.chassis.ending import end
from sightline.chassis.handling import one_by_one
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import service_bus
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.provision import provision as provision_once
from sightline.chassis.provision import wait_provisioned, watch
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.topology import DEAD_LETTERS, TOPOLOGY
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.cli.broker_certificate import BrokerCertificate
from sightline.cli.broker_room import BrokerRoom
from sightline.cli.consumer_lag import ConsumerLag


class ProvisionSettings(ServiceSettings):
    """Settings of the process that provisions."""

    service: ClassVar[str] = "provision"

    health_port: int = 7711
    metrics_port: int = 7712
    stream_replicas: int = Field(default=1, ge=1, le=5)
    """Of each stream, bucket and object store; more than one takes a cluster of as many brokers."""


def provision(
    keep: Annotated[bool, typer.Option("--watch", help="Go on, and put back what a broker restart took away.")] = False,
) -> None:
    """Create the broker's streams, buckets and consumers, or say how they differ from what is needed."""
    run_service(ProvisionSettings, _keep_provisioned if keep else _provision_once)


async def _provision_once(settings: ProvisionSettings, _: asyncio.Event) -> None:
    async with service_bus(settings) as bus:
        await check_durability(bus, settings)
        created = await provision_once(bus, TOPOLOGY, settings.stream_replicas)
    typer.echo(f"created: {', '.join(created)}" if created else "everything is there already")


async def _keep_provisioned(settings: ProvisionSettings, stop: asyncio.Event) -> None:
    health = Health(registry := new_registry())
    async with (
        service_bus(settings, registry) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
    ):
        await check_durability(bus, settings)
        await provision_once(bus, TOPOLOGY, settings.stream_replicas)
        undertaker = Worker(bus, DEAD_LETTERS, one_by_one(Undertaker(bus).handle), WorkerMetrics(registry))
        checks = {"broker": bus.check, "topology": lambda: _complete(bus), "dead letters": undertaker.check}
        lag = ConsumerLag(bus, TOPOLOGY.consumers, registry)
        looks = (lag, BrokerRoom(settings, registry), BrokerCertificate(settings, registry))
        async with AsyncExitStack() as watched, undertaker.running(), health.watching(checks):
            for look in looks:
                await watched.enter_async_context(look.watched())
            watching = asyncio.create_task(watch(bus, TOPOLOGY, settings.stream_replicas))
            await stop.wait()
            await end(watching)


async def _complete(bus: Bus) -> None:
    await wait_provisioned(bus, TOPOLOGY, seconds=0)
