"""The services as the processes that they are, and what their clients ask of them."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import processes

from sightline.chassis.bus import Bus, connect_bus
from sightline.chassis.errors import Unavailable
from sightline.chassis.rpc import open_channel
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub
from sightline.v1.embed_service_pb2_grpc import EmbedServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

IN_FLIGHT = 16
_START_SECONDS = 10.0


class Services:
    """detect, embed and a broker that run, with a connection to each."""

    def __init__(self, bus: Bus, broker: int, detect: processes.Service, embed: processes.Service) -> None:
        self.bus = bus
        self.detect_processes = (detect.process.pid,)
        self.stream_processes = (embed.process.pid, broker)
        self.both_processes = (detect.process.pid, embed.process.pid)
        self._channels = [open_channel(service.target, processes.TOKEN) for service in (detect, embed)]
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
        broker, url = stack.enter_context(_broker(folder))
        env = {"SIGHTLINE_PACK_DIR": str(pack), "SIGHTLINE_NATS_URL": url, "SIGHTLINE_LOG_LEVEL": "warning"}
        names = ("detect", "embed")
        detect, embed = (
            stack.enter_context(processes.start(f"sightline.{name}", env, folder / f"{name}.log")) for name in names
        )
        detect.wait_serving()
        embed.wait_serving()
        async with connect_bus(url, "bench") as bus:
            services = Services(bus, broker, detect, embed)
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


@contextmanager
def _broker(folder: Path) -> Iterator[tuple[int, str]]:
    """A real nats-server with JetStream: its process and its URL."""
    binary = shutil.which("nats-server")
    if binary is None:
        raise Unavailable("BROKER_MISSING", "nats-server is not on the PATH: run `make nats`.")
    (port,) = processes.find_free_ports(1)
    command = [binary, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder / "js")]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield server.pid, f"nats://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _wait(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Unavailable("BROKER_MISSING", "nats-server did not start.")
