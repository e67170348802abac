"""What HTTP costs: DetectFaces and SearchFacesByImage through the gateway, beside the same calls over gRPC.

Both kinds are asked of the same services in the same run, sixteen at a time, in rounds that take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
from bench_file import add_facts
from gateway_client import connection, signed
from gateway_slow import slow_clients
from gateway_system import GatewaySystem, running
from rich.console import Console
from rich.progress import track
from rich.table import Table
from skimage import data

from sightline.chassis.picture import encode_jpeg
from sightline.v1 import detect_service_pb2, face_pb2, search_service_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Ask = Callable[[], Awaitable[object]]

IN_FLIGHT = 16
COLLECTION = "bench"
RATIO_GOAL, OVERHEAD_GOAL_MS = 0.85, 4.0


async def rate(asks: list[Ask], calls: int) -> float:
    """Calls a second, as many at a time as there are askers."""
    left = iter(range(calls))

    async def asker(ask: Ask) -> None:
        for _ in left:
            await ask()

    began = time.perf_counter()
    await asyncio.gather(*map(asker, asks))
    return calls / (time.perf_counter() - began)


async def one_at_a_time(over_http: Ask, over_grpc: Ask, calls: int) -> tuple[float, float]:
    """Median milliseconds of both, asked in turns."""
    times: dict[int, list[float]] = {0: [], 1: []}
    for turn in range(2 * calls):
        began = time.perf_counter()
        await (over_http, over_grpc)[turn % 2]()
        times[turn % 2].append((time.perf_counter() - began) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


def picture() -> bytes:
    """A portrait as people send them, JPEG."""
    return encode_jpeg(cv2.resize(data.astronaut(), (480, 480), interpolation=cv2.INTER_AREA), 90)


def grpc_asks(system: GatewaySystem, jpeg: bytes) -> dict[str, Ask]:
    """The calls that the gateway makes, made directly."""
    detect, match = system.channels["detect"], system.channels["match"]
    image = face_pb2.Image(encoded=jpeg)
    looking = detect_service_pb2.DetectFacesRequest(images=[image], purpose="bench")
    searching = search_service_pb2.SearchFacesRequest(
        watchlists=[COLLECTION], image=image, purpose="bench", max_faces=5
    )
    detector, searcher = DetectServiceStub(detect), SearchServiceStub(match)
    return {
        "detect": lambda: detector.DetectFaces(looking, timeout=60),
        "search": lambda: searcher.SearchFaces(searching, timeout=60),
    }


def http_requests(system: GatewaySystem, jpeg: bytes) -> dict[str, bytes]:
    """The same as Rekognition's clients send it."""
    image = {"Bytes": base64.b64encode(jpeg).decode()}
    searching = {"CollectionId": COLLECTION, "Image": image, "MaxFaces": 5}
    return {
        "detect": signed(system.port, system.pair, "DetectFaces", {"Image": image}),
        "search": signed(system.port, system.pair, "SearchFacesByImage", searching),
    }


async def make_collection(system: GatewaySystem, jpeg: bytes) -> None:
    """A collection with one face in it."""
    image = {"Bytes": base64.b64encode(jpeg).decode()}
    async with connection(system.port) as client:
        await client.ask(signed(system.port, system.pair, "CreateCollection", {"CollectionId": COLLECTION}))
        enrolling = {"CollectionId": COLLECTION, "Image": image, "ExternalImageId": "one"}
        answer = await client.ask(signed(system.port, system.pair, "IndexFaces", enrolling))
        assert len(answer["FaceRecords"]) == 1


async def measure(pack: Path, rounds: int, calls: int, slow: int) -> dict[str, Any]:
    """All facts."""
    jpeg = picture()
    facts: dict[str, Any] = {"ratios": {}, "rates": {}, "p50_ms": {}}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        system = await stack.enter_async_context(running(folder, pack))
        await make_collection(system, jpeg)
        direct = grpc_asks(system, jpeg)
        clients = [await stack.enter_async_context(connection(system.port)) for _ in range(IN_FLIGHT)]
        for kind, ask in direct.items():
            pairs = []
            for _ in track(range(rounds), description=kind, console=Console(stderr=True)):
                request = http_requests(system, jpeg)[kind]
                over_http = [lambda client=client, request=request: client.ask(request) for client in clients]
                pairs.append((await rate(over_http, calls), await rate([ask] * IN_FLIGHT, calls)))
            request = http_requests(system, jpeg)[kind]
            http_ms, grpc_ms = await one_at_a_time(lambda: clients[0].ask(request), ask, calls // 2)  # noqa: B023
            facts["ratios"][kind] = statistics.median(http / grpc for http, grpc in pairs)
            facts["rates"][kind] = [statistics.median(each) for each in zip(*pairs, strict=True)]
            facts["p50_ms"][kind] = [http_ms, grpc_ms]
        facts["overhead_p50_ms"] = facts["p50_ms"]["detect"][0] - facts["p50_ms"]["detect"][1]
        facts["slow_clients"] = await slow_clients(system, slow)
    return facts


def report(facts: dict[str, Any]) -> None:
    """Prints it."""
    table = Table("operation", "HTTP/s", "gRPC/s", "HTTP ÷ gRPC", "p50 HTTP", "p50 gRPC")
    for kind, ratio in facts["ratios"].items():
        rates, times = facts["rates"][kind], facts["p50_ms"][kind]
        numbers = [f"{each:.1f}" for each in rates], [f"{each:.1f} ms" for each in times]
        table.add_row(kind, *numbers[0], f"{ratio:.3f}", *numbers[1])
    Console().print(table)
    slow = facts["slow_clients"]
    Console().print(
        f"{slow['n']} slow clients with large bodies: gateway's memory +{slow['rss_growth_mb']:.0f} MB; "
        f"DescribeCollection meanwhile {slow['p50_ms']:.1f} ms (p50)"
    )


def main() -> None:
    """Measures, prints, and ends with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=160)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("out/bench/gateway.json"))
    options = parser.parse_args()
    facts = asyncio.run(measure(options.pack.resolve(), options.rounds, options.calls, options.slow))
    report(facts)
    add_facts(options.out, facts)
    sys.exit(min(facts["ratios"].values()) < RATIO_GOAL or facts["overhead_p50_ms"] > OVERHEAD_GOAL_MS)


if __name__ == "__main__":
    main()
