"""What it costs DetectFaces to know who calls, and TLS: the same server with everybody let in unasked, in the same run.

Server and clients share a process, so the cost of the client is in both sides of every ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from broker import run_nats_server
from free_ports import find_free_port
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.progress import track
from rich.table import Table
from secrets_for_tests import admit_tester, secrets_folder, service, tester, tester_key
from skimage import data

from sightline.chassis.bus import connect_bus
from sightline.chassis.health import Health
from sightline.chassis.identity.identity import ServiceCredentials, open_identity, read_secrets
from sightline.chassis.identity.rights import SERVICE_RIGHTS
from sightline.chassis.identity.service_token import ServiceSigner
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import see_picture
from sightline.chassis.principal import Principal
from sightline.chassis.provision import provision
from sightline.chassis.rpc import BearerText, Served, open_channel, serve_rpc
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.chassis.tls.channel_security import ClientSecurity
from sightline.chassis.topology import TOPOLOGY
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.handler import DetectHandler, DetectMetrics
from sightline.detect.servicer import DetectServicer
from sightline.detect.settings import DetectSettings
from sightline.v1 import detect_service_pb2, detect_service_pb2_grpc, face_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GOAL = 0.95
TLS_GOAL = 0.9
IN_FLIGHT = 4
UNASKED = "nobody is asked"
TLS = ", over TLS"


class LetsEverybodyIn:
    """Stands in for the authenticator: every call is a service's, and nothing is looked at."""

    _everybody = Principal("service:bench", SERVICE_RIGHTS)

    async def identify(self, _authorization: str, _proven=None) -> Principal:
        """See Authenticator."""
        return self._everybody

    def renewed(self, principal: Principal) -> Principal:
        """See Authenticator."""
        return principal


@asynccontextmanager
async def callers(pack_folder: Path) -> AsyncIterator[dict[str, detect_service_pb2_grpc.DetectServiceStub]]:
    """A stub for each way of calling; one detector answers them all."""
    pack = load_pack(pack_folder)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nats = stack.enter_context(run_nats_server(folder))
        bus = await stack.enter_async_context(connect_bus(nats.url, "bench"))
        await provision(bus, TOPOLOGY)
        await admit_tester(bus)
        engine = Engine("cpu", sessions=0, session_threads=1, max_batch=0, linger=0.002, engines=folder)
        executor = stack.enter_context(ThreadPoolExecutor(engine.pictures))
        registry = CollectorRegistry()
        handler = DetectHandler(open_detector(pack, engine), executor, engine.pictures, DetectMetrics(registry))
        await handler.warm_up(engine.batch)
        settings = DetectSettings(
            secrets_dir=secrets_folder().path, tls="off", nats_url=nats.url, grpc_port=0, drain_seconds=1
        )
        asked = await stack.enter_async_context(open_identity(settings, read_secrets(settings), bus))
        servicer = DetectServicer(handler, asked.auditor, pack.detector_id, see_picture)
        served = Served(
            "sightline.v1.DetectService", servicer, detect_service_pb2_grpc.add_DetectServiceServicer_to_server
        )

        async def stub(identity, credentials):
            secure = credentials.security is not None
            changes = {"tls": "on" if secure else "off", "peer_port": find_free_port()}
            changed = settings.model_copy(update=changes)
            port = await stack.enter_async_context(
                serve_rpc(changed, [served], identity, Health(), CollectorRegistry())
            )
            port = changed.peer_port if isinstance(credentials, ServiceCredentials) and secure else port
            channel = await stack.enter_async_context(open_channel(f"127.0.0.1:{port}", credentials))
            return detect_service_pb2_grpc.DetectServiceStub(channel)

        secrets = secrets_folder()
        security = ClientSecurity(secrets.authority.read_bytes(), "detect")
        own = CertificateFolder(secrets.certificates_of("ingest"))
        certified = ServiceCredentials(ServiceSigner("ingest", secrets.service_key("ingest")), "detect", own)
        yield {
            UNASKED: await stub(replace(asked, authenticator=LetsEverybodyIn()), BearerText("")),
            "a service's token": await stub(asked, service("ingest", "detect")),
            "an API key, audited": await stub(asked, tester()),
            f"a service's token{TLS}": await stub(asked, certified),
            f"an API key, audited{TLS}": await stub(asked, BearerText(tester_key(), security)),
        }


async def calls_per_second(stub, request, calls: int) -> float:
    """So many calls, some at a time."""
    left = iter(range(calls))

    async def caller() -> None:
        for _ in left:
            await stub.DetectFaces(request, timeout=60)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return calls / (time.perf_counter() - began)


async def measure(pack: Path, rounds: int, calls: int) -> dict[str, list[float]]:
    """Calls a second for each way of calling, in rounds that take turns."""
    picture = cv2.resize(data.astronaut(), (320, 320), interpolation=cv2.INTER_AREA)
    raw = face_pb2.RawImage(width=320, height=320, rgb=picture.tobytes())
    request = detect_service_pb2.DetectFacesRequest(images=[face_pb2.Image(raw=raw)], min_face_px=40, purpose="bench")
    found: dict[str, list[float]] = {}
    async with callers(pack) as stubs:
        for stub in stubs.values():
            await calls_per_second(stub, request, IN_FLIGHT)
        for turn in track(range(rounds), description="rounds", console=Console(stderr=True)):
            ways = list(stubs.items())
            for name, stub in ways[turn % len(ways) :] + ways[: turn % len(ways)]:
                found.setdefault(name, []).append(await calls_per_second(stub, request, calls))
    return found


def report(found: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Prints medians and ratios; gives them, too."""
    reference = found[UNASKED]
    table = Table("way of calling", "calls/s", "÷ nobody asked", "least-most")
    facts = {}
    for name, rates in found.items():
        ratios = [rate / other for rate, other in zip(rates, reference, strict=True)]
        rate, ratio = statistics.median(rates), statistics.median(ratios)
        table.add_row(name, f"{rate:.1f}", f"{ratio:.3f}", f"{min(ratios):.3f}-{max(ratios):.3f}")
        facts[name] = {"calls_per_second": rate, "ratio": ratio}
    Console().print(table)
    return facts


def main() -> None:
    """Measures, prints, and ends with 1 where a ratio is below the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("out/bench/authentication.json"))
    options = parser.parse_args()
    facts = report(asyncio.run(measure(options.pack, options.rounds, options.calls)))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    sys.exit(any(each["ratio"] < (TLS_GOAL if TLS in way else GOAL) for way, each in facts.items()))


if __name__ == "__main__":
    main()
