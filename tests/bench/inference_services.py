"""The services as the processes that they are, and what their clients ask of them."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import processes
from broker import run_nats_server
from secrets_for_tests import service

from sightline.chassis.bus import Bus, connect_bus
from sightline.chassis.rpc import open_channel
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub
from sightline.v1.embed_service_pb2_grpc import EmbedServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

IN_FLIGHT = 16


class Services:
    """detect, embed and a broker that run, with a connection to each, as ingest and match have them."""

    def __init__(self, bus: Bus, broker: int, detect: processes.Service, embed: processes.Service) -> None:
        self.bus = bus
        self.detect_processes = (detect.process.pid,)
        self.stream_processes = (embed.process.pid, broker)
        self.both_processes = (detect.process.pid, embed.process.pid)
        self._channels = [
            open_channel(detect.target, service("ingest", "detect")),
            open_channel(embed.target, service("match", "embed")),
        ]
        self.detect = DetectServiceStub(self._channels[0])
        self.embed = EmbedServiceStub(self._channels[1])

    async def close(self) -> None:
        """Closes the channels."""
        for channel in self._channels:
            await channel.close()


@asynccontextmanager
async def running(folder: Path, pack: Path) -> AsyncIterator[Services]:
    """Services that are ready, and ended with the block; their logs lie in the folder."""
    with ExitStack() as stack:
        broker = stack.enter_context(run_nats_server(folder / "nats"))
        env = {"SIGHTLINE_PACK_DIR": str(pack), "SIGHTLINE_NATS_URL": broker.url, "SIGHTLINE_LOG_LEVEL": "warning"}
        names = ("detect", "embed")
        detect, embed = (
            stack.enter_context(processes.start(f"sightline.{name}", env, folder / f"{name}.log")) for name in names
        )
        detect.wait_serving()
        embed.wait_serving()
        async with connect_bus(broker.url, "bench") as bus:
            services = Services(bus, broker.process.pid, detect, embed)
            try:
                yield services
            finally:
                await services.close()


async def in_flight(calls: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Makes the calls in order, always sixteen at a time."""
    rest = iter(calls)

    async def work() -> None:
        for call in rest:
            await call()

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
