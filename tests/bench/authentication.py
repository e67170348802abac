"""What it costs DetectFaces to know who calls, and TLS: the same server with everybody let in unasked, in the same run.

Throughput is calls a second, and its ratio is what the goal is about; where others use the processors, too, it says
little. So beside it stands the processor time of a call, of detector, broker and client together, and where it went.
Ways of calling take turns, some tenths of a second each, and each is compared with the one that nobody asked in the
same round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
from authentication_clock import PARTS, Clock
from broker import run_nats_server
from rich.console import Console
from rich.progress import track
from rich.table import Table
from secrets_for_tests import admit_tester, secrets_folder, service, tester_key
from skimage import data

from sightline.chassis.bus import connect_bus
from sightline.chassis.identity.identity import ServiceCredentials
from sightline.chassis.identity.service_token import ServiceSigner
from sightline.chassis.provision import provision
from sightline.chassis.rpc import BearerText, open_channel
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.chassis.tls.channel_security import ClientSecurity
from sightline.chassis.topology import TOPOLOGY
from sightline.v1 import detect_service_pb2, detect_service_pb2_grpc, face_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from sightline.chassis.rpc import Credentials

GOAL = 0.95
TLS_GOAL = 0.9
IN_FLIGHT = 4
UNASKED = "nobody is asked"
TLS = ", TLS"


@dataclass(frozen=True)
class Turn:
    """Some calls of one way: how many there were in a second, and the processor milliseconds of one by part."""

    rate: float
    parts: Mapping[str, float]

    @property
    def cost(self) -> float:
        """Of all parts, in milliseconds."""
        return sum(self.parts.values())


@dataclass(frozen=True)
class Bench:
    """What runs: a stub for each way of calling, and the clock of those who answer."""

    stubs: Mapping[str, detect_service_pb2_grpc.DetectServiceStub]
    clock: Clock

    async def turn(self, way: str, request: detect_service_pb2.DetectFacesRequest, calls: int) -> Turn:
        """So many calls, some at a time."""
        stub, left = self.stubs[way], iter(range(calls))

        async def caller() -> None:
            for _ in left:
                await stub.DetectFaces(request, timeout=60)

        before, began = self.clock.read(), time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
        seconds, after = time.perf_counter() - began, self.clock.read()
        return Turn(calls / seconds, {part: (after[part] - before[part]) / 1e6 / calls for part in PARTS})


def _ways() -> dict[str, tuple[str, Credentials]]:
    """The ports and credentials of each way of calling."""
    secrets = secrets_folder()
    security = ClientSecurity(secrets.authority.read_bytes(), "detect")
    own = CertificateFolder(secrets.certificates_of("ingest"))
    certified = ServiceCredentials(ServiceSigner("ingest", secrets.service_key("ingest")), "detect", own)
    return {
        UNASKED: ("unasked off", BearerText("")),
        f"{UNASKED}{TLS}": ("unasked on", BearerText("", security)),
        "a service's token": ("asked off", service("ingest", "detect")),
        f"a service's token{TLS}": ("asked on", certified),
        "an API key": ("asked off", BearerText(tester_key())),
        f"an API key{TLS}": ("asked on", BearerText(tester_key(), security)),
    }


@contextmanager
def _server(pack: Path, nats_url: str, folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The process that serves, ended with the block: its id, and what it says of itself."""
    program = Path(__file__).with_name("authentication_server.py")
    command = [sys.executable, program, pack, secrets_folder().path, nats_url, folder]
    log = folder / "server.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as server,
    ):
        if not (said := server.stdout.readline()):
            raise RuntimeError(f"The server did not start:\n{log.read_text()}")
        yield server.pid, json.loads(said)
        server.stdin.close()


@asynccontextmanager
async def running(pack: Path) -> AsyncIterator[Bench]:
    """Broker and detector, until the block ends."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nats = stack.enter_context(run_nats_server(folder))
        async with connect_bus(nats.url, "bench") as bus:
            await provision(bus, TOPOLOGY)
            await admit_tester(bus)
        pid, serving = stack.enter_context(_server(pack, nats.url, folder))
        stubs = {}
        for way, (ports, credentials) in _ways().items():
            port = serving["ports"][ports]["services" if isinstance(credentials, ServiceCredentials) else "people"]
            channel = await stack.enter_async_context(open_channel(f"127.0.0.1:{port}", credentials))
            stubs[way] = detect_service_pb2_grpc.DetectServiceStub(channel)
        yield Bench(stubs, Clock(pid, serving["detector"], nats.process.pid))


async def measure(pack: Path, rounds: int, calls: int) -> dict[str, list[Turn]]:
    """Turns of each way of calling; a round has one of each, in any order."""
    picture = cv2.resize(data.astronaut(), (320, 320), interpolation=cv2.INTER_AREA)
    raw = face_pb2.RawImage(width=320, height=320, rgb=picture.tobytes())
    request = detect_service_pb2.DetectFacesRequest(images=[face_pb2.Image(raw=raw)], min_face_px=40, purpose="bench")
    found: dict[str, list[Turn]] = {}
    async with running(pack) as bench:
        ways = list(bench.stubs)
        for way in ways:
            await bench.turn(way, request, calls)
        for _ in track(range(rounds), description="rounds", console=Console(stderr=True)):
            for way in random.sample(ways, len(ways)):
                found.setdefault(way, []).append(await bench.turn(way, request, calls))
    return {way: found[way] for way in ways}


@dataclass(frozen=True)
class Middle:
    """The median of some values, and its interval of 95 %, by their order: whatever their distribution is."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Middle:
        """Of at least one value."""
        ordered, count = sorted(values), len(values)
        beyond = max(0, int((count - 1.96 * count**0.5) / 2))
        return cls(statistics.median(ordered), ordered[beyond], ordered[count - 1 - beyond])

    def __str__(self) -> str:
        return f"{self.median:.3f} ({self.low:.3f}-{self.high:.3f})"

    def beside(self, goal: float) -> str:
        """Whether the goal is met, as far as that can be said."""
        return "met" if self.low >= goal else "missed" if self.high < goal else "open"


def report(found: dict[str, list[Turn]]) -> dict[str, dict[str, object]]:
    """Prints medians, ratios, and what each part of a call took; gives them, too."""
    ratios = Table("way of calling", "calls/s", "÷ nobody asked", "processor ms", "÷ nobody asked", "goal")
    parts = Table("processor ms of a call", *PARTS)
    facts = {}
    for way, turns in found.items():
        pairs = list(zip(turns, found[UNASKED], strict=True))
        goal = TLS_GOAL if TLS in way else GOAL
        rate, cost = (statistics.median(values) for values in ([t.rate for t in turns], [t.cost for t in turns]))
        throughput = Middle.of([turn.rate / other.rate for turn, other in pairs])
        processor = Middle.of([other.cost / turn.cost for turn, other in pairs])
        verdict = processor.beside(goal)
        ratios.add_row(way, f"{rate:.1f}", str(throughput), f"{cost:.2f}", str(processor), f"{goal}: {verdict}")
        own = {part: statistics.median(turn.parts[part] for turn in turns) for part in PARTS}
        more = {part: statistics.median(t.parts[part] - o.parts[part] for t, o in pairs) for part in PARTS}
        shown = own.values() if way == UNASKED else more.values()
        parts.add_row(way, *(f"{value:.2f}" if way == UNASKED else f"{value:+.2f}" for value in shown))
        facts[way] = {
            "calls_per_second": rate,
            "throughput": asdict(throughput),
            "processor_ms": cost,
            "processor": asdict(processor),
            "parts_ms": own,
            "more_ms": more,
            "goal": verdict,
        }
    console = Console(width=120)
    console.print(ratios, parts)
    return facts


def main() -> None:
    """Measures, prints, and ends with 1 where a goal is missed beyond doubt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--calls", type=int, default=24, help="of a way in a round")
    parser.add_argument("--out", type=Path, default=Path("out/bench/authentication.json"))
    options = parser.parse_args()
    facts = report(asyncio.run(measure(options.pack, options.rounds, options.calls)))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    sys.exit(any(fact["goal"] == "missed" for fact in facts.values()))


if __name__ == "__main__":
    main()
