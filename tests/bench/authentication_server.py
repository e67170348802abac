"""The server of `authentication.py`: one detector behind ports that ask who calls, and ports that do not.

It writes what it is as one line of JSON, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from threading import Barrier, get_native_id

import structlog
from free_ports import find_free_port
from prometheus_client import CollectorRegistry

from sightline.chassis.bus import connect_bus
from sightline.chassis.health import Health
from sightline.chassis.heap import limit_heap
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.identity.rights import SERVICE_RIGHTS
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import see_picture
from sightline.chassis.principal import Principal
from sightline.chassis.rpc import Served, serve_rpc
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.handler import DetectHandler, DetectMetrics
from sightline.detect.servicer import DetectServicer
from sightline.detect.settings import DetectSettings
from sightline.v1 import detect_service_pb2_grpc


class LetsEverybodyIn:
    """Stands in for the authenticator: every call is a service's, and nothing is looked at."""

    _everybody = Principal("service:bench", SERVICE_RIGHTS)

    async def identify(self, _authorization: str, _proven=None) -> Principal:
        """See Authenticator."""
        return self._everybody

    def renewed(self, principal: Principal) -> Principal:
        """See Authenticator."""
        return principal


async def serve(pack_folder: Path, secrets_dir: Path, nats_url: str, folder: Path) -> None:
    """Serves on ports of each kind until the standard input ends."""
    limit_heap()
    pack = load_pack(pack_folder)
    engine = Engine("cpu", sessions=0, session_threads=1, max_batch=0, linger=0.002, engines=folder)
    settings = DetectSettings(secrets_dir=secrets_dir, tls="off", nats_url=nats_url, grpc_port=0, drain_seconds=1)
    async with AsyncExitStack() as stack:
        executor = stack.enter_context(ThreadPoolExecutor(engine.pictures))
        metrics = DetectMetrics(CollectorRegistry())
        handler = DetectHandler(open_detector(pack, engine), executor, engine.pictures, metrics)
        await handler.warm_up(engine.batch)
        bus = await stack.enter_async_context(connect_bus(nats_url, "bench"))
        asking = await stack.enter_async_context(open_identity(settings, read_secrets(settings), bus))
        servicer = DetectServicer(handler, asking.auditor, pack.detector_id, see_picture)
        served = Served(
            "sightline.v1.DetectService", servicer, detect_service_pb2_grpc.add_DetectServiceServicer_to_server
        )
        ports = {}
        for who, identity in {"unasked": replace(asking, authenticator=LetsEverybodyIn()), "asked": asking}.items():
            for tls in ("off", "on"):
                own = settings.model_copy(update={"tls": tls, "peer_port": find_free_port()})
                serving = serve_rpc(own, [served], identity, Health(), CollectorRegistry())
                port = await stack.enter_async_context(serving)
                ports[f"{who} {tls}"] = {"people": port, "services": own.peer_port if tls == "on" else port}
        said = {"ports": ports, "detector": await _threads(executor, engine.pictures)}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


async def _threads(executor: ThreadPoolExecutor, count: int) -> list[int]:
    """Of the executor: what the system calls its threads."""
    together = Barrier(count)

    def own() -> int:
        together.wait()
        return get_native_id()

    return await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(executor, own) for _ in range(count)))


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    pack, secrets, url, scratch = sys.argv[1:]
    asyncio.run(serve(Path(pack), Path(secrets), url, Path(scratch)))
