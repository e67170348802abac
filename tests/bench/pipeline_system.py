"""The whole pipeline as the processes that it is: broker, detect, embed, match, and an ingest for each measurement."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import processes
from broker import run_nats_server
from camera_calls import Cameras
from process_cost import cpu_seconds
from secrets_for_tests import admit_tester, tester

from sightline.chassis.bus import Bus, connect_bus
from sightline.chassis.provision import provision
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import EMBED_JOB, EMBED_LIVE, MATCH_JOB, MATCH_LIVE, TOPOLOGY
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as gallery
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipeline_material import Person

INGEST, EVERY_FACE = "sightline.ingest", "pipeline_every_face"
WATCHLIST = "walkers"
_WHY = {"purpose": "measuring", "case_reference": "bench"}


class System:
    """A running pipeline whose gallery knows the cast."""

    def __init__(self, bus: Bus, services: dict[str, processes.Service], broker: int, folder: Path) -> None:
        self.bus = bus
        self._services = services
        self._broker = broker
        self._folder = folder

    @asynccontextmanager
    async def ingest(self, module: str = INGEST) -> AsyncIterator[Cameras]:
        """An ingest that runs while the block does, and its cameras."""
        env = {
            "PYTHONPATH": str(Path(__file__).parent),
            "SIGHTLINE_NATS_URL": self.bus.client.connected_url.geturl(),
            "SIGHTLINE_LOG_LEVEL": "warning",
            "SIGHTLINE_DETECT_TARGET": self._services["detect"].target,
            "SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]',
            "SIGHTLINE_VIDEO_ROOTS": f'["{self._folder}"]',
        }
        with processes.start(module, env, self._folder / "ingest.log") as service:
            await service.ready()
            self._services["ingest"] = service
            async with open_channel(service.target, tester()) as channel:
                yield Cameras(service, channel)
            del self._services["ingest"]

    def cpu(self) -> dict[str, float]:
        """CPU seconds of each service so far, decoders included in ingest's."""
        pids = {name: service.process.pid for name, service in self._services.items() if service.process}
        return {name: cpu_seconds(pid) for name, pid in (pids | {"broker": self._broker}).items()}

    async def settled(self) -> None:
        """Returns once embed and match have acknowledged everything."""
        for consumer in (EMBED_LIVE, EMBED_JOB, MATCH_LIVE, MATCH_JOB):
            while True:
                info = await self.bus.js.consumer_info(consumer.stream, consumer.name)
                if not info.num_pending and not info.num_ack_pending:
                    break
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(folder: Path, pack: Path, people: list[Person]) -> AsyncIterator[System]:
    """A system that is ready, ended with the block; its logs lie in the folder."""
    with ExitStack() as stack:
        broker = stack.enter_context(run_nats_server(folder / "nats"))
        env = {
            "SIGHTLINE_PACK_DIR": str(pack),
            "SIGHTLINE_NATS_URL": broker.url,
            "SIGHTLINE_LOG_LEVEL": "warning",
            "SIGHTLINE_STATE_DIR": str(folder / "state"),
        }
        async with AsyncExitStack() as connections:
            bus = await connections.enter_async_context(connect_bus(broker.url, "bench"))
            await provision(bus, TOPOLOGY)
            await admit_tester(bus)
            services = {}
            for name in ("detect", "embed", "match"):
                log = folder / f"{name}.log"
                services[name] = stack.enter_context(processes.start(f"sightline.{name}", env, log))
                env[f"SIGHTLINE_{name.upper()}_TARGET"] = services[name].target
            for service in services.values():
                await service.ready()
            await _enroll(services["match"].target, people)
            assert broker.process is not None
            yield System(bus, services, broker.process.pid, folder)


async def _enroll(target: str, people: list[Person]) -> None:
    async with open_channel(target, tester()) as channel:
        stub = GalleryServiceStub(channel)
        watchlist = gallery.Watchlist(name=WATCHLIST, purpose="measuring")
        await stub.CreateWatchlist(gallery.CreateWatchlistRequest(watchlist=watchlist), timeout=20)
        for person in people:
            image = face_pb2.Image(encoded=person.enrolled)
            gate = gallery.QUALITY_GATE_OFF
            request = gallery.EnrollFaceRequest(
                watchlist=WATCHLIST, person=person.name, image=image, quality_gate=gate, **_WHY
            )
            await stub.EnrollFace(request, timeout=60)
