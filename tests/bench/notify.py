"""How fast a sighting becomes an alert, what a burst loses, what watchers cost, and how long lists take.

notify runs as the process that it is; what stands beside it is the broker's own round trip in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench_file import add_facts
from broker import run_closed_nats_server, run_nats_server
from free_ports import find_free_port
from notify_load import WATCHLIST, burst, fsync_ms, latencies_ms, new_sighting, p95, round_trip_ms
from processes import start
from rich.console import Console
from rich.progress import track
from rich.table import Table
from secrets_for_tests import admit_tester, tester

from sightline.chassis.bus import connect_bus
from sightline.chassis.ids import new_id
from sightline.chassis.provision import provision
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import ALERT_RECORDS, TOPOLOGY
from sightline.notify.alert_growth import absorb
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import records_pb2
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.bus import Bus

PER_SECOND = 50
WATCHED, WATCHED_PER_SECOND, CATCHING_UP = 100, 5, 60.0
FIRST = 1_700_000_000
GOALS = {"alert_p95_ms": 30.0, "list_page_p95_ms": 100.0}
PAGES = 60
WHY = {"purpose": "bench"}
CURRENT = Path(__file__).parents[2] / "bin" / "current" / "nats-server"
console = Console(stderr=True)


@dataclass
class System:
    """A broker with notify beside it."""

    bus: Bus
    alerts: Any
    folder: Path


@asynccontextmanager
async def running(durability: str, before: int = 0) -> AsyncIterator[System]:
    """Both, for as long as the block runs, with so many alerts from before."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        strict, monitoring = durability == "strict", find_free_port()
        config = "sync_interval: always" if strict else ""
        binary = str(CURRENT) if strict else None
        run = run_closed_nats_server if strict else run_nats_server
        nats = stack.enter_context(run(folder / "nats", config, binary, monitoring))
        bus = await stack.enter_async_context(connect_bus(nats.tester_url, "bench"))
        await provision(bus, TOPOLOGY)
        await admit_tester(bus)
        await fill(bus, before)
        settings = {
            "SIGHTLINE_NATS_URL": nats.url,
            "SIGHTLINE_NATS_MONITORING_URL": f"http://127.0.0.1:{monitoring}",
            "SIGHTLINE_DURABILITY": durability,
            "SIGHTLINE_STATE_DIR": str(folder / "state"),
            "SIGHTLINE_LOG_LEVEL": "warning",
        }
        notify = stack.enter_context(start("sightline.notify", settings, folder / "log"))
        await notify.ready(120)
        channel = await stack.enter_async_context(open_channel(notify.target, tester()))
        yield System(bus, AlertServiceStub(channel), folder)


async def fill(bus: Bus, count: int) -> None:
    """Records of alerts as notify writes them, a second apart."""
    for first in track(range(0, count, 1000), "alerts", console=console, disable=not count):
        numbers = range(first, min(first + 1000, count))
        await asyncio.gather(*(_record(bus, number) for number in numbers))


async def _record(bus: Bus, number: int) -> None:
    record = records_pb2.AlertRecord()
    absorb(record, new_id(), new_sighting(number), number + 1)
    record.published_revision = record.alert.revision
    record.alert.create_time.FromSeconds(FIRST + number)
    await bus.js.publish(f"$KV.{ALERT_RECORDS}.{record.alert.id}", record.SerializeToString())


async def alerts_of(durability: str) -> dict[str, float]:
    """Latency at an even rate, and the floor beside it."""
    async with running(durability) as system:
        await latencies_ms(system.bus, 100, PER_SECOND)
        floor = await round_trip_ms(system.bus, 200)
        found = await latencies_ms(system.bus, 1000, PER_SECOND)
        return {
            "alert_p50_ms": sorted(found)[len(found) // 2],
            "alert_p95_ms": p95(found),
            "broker_p95_ms": floor,
            "vs_broker": p95(found) / floor,
            "fsync_p95_ms": fsync_ms(system.folder),
        }


async def watched(count: int) -> dict[str, float]:
    """Latency with one watcher and with many, and how many of them saw every alert."""
    async with running("dev") as system:
        await latencies_ms(system.bus, 100, PER_SECOND)
        facts: dict[str, float] = {"watchers": count, "alerts_per_second": WATCHED_PER_SECOND}
        for name, watchers in (("one", 1), ("many", count)):
            seen = [0] * watchers
            async with watching(system, seen):
                facts[f"{name}_p95_ms"] = p95(await latencies_ms(system.bus, WATCHED, WATCHED_PER_SECOND))
                began = time.perf_counter()
                while min(seen) < WATCHED and time.perf_counter() - began < CATCHING_UP:
                    await asyncio.sleep(0.1)
                facts[f"{name}_behind_s"] = time.perf_counter() - began
            facts[f"{name}_complete"] = sum(each >= WATCHED for each in seen)
    return facts


@asynccontextmanager
async def watching(system: System, seen: list[int]) -> AsyncIterator[None]:
    """That many streams of WatchAlerts, which count what they see."""

    async def watch(place: int) -> None:
        async for answer in system.alerts.WatchAlerts(pb.WatchAlertsRequest(**WHY)):
            seen[place] += answer.alert.revision == 1

    tasks = [asyncio.create_task(watch(place)) for place in range(len(seen))]
    await asyncio.sleep(3)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def listed(count: int) -> dict[str, float]:
    """Milliseconds of a page of 100 among so many alerts, by how the list is filtered."""
    began = time.perf_counter()
    async with running("dev", before=count) as system:
        # The newest one is the last that notify takes in.
        while [alert.create_time.seconds for alert in (await _page(system, {}, "")).alerts[:1]] != [FIRST + count - 1]:
            await asyncio.sleep(1)
        console.print(f"ready after {time.perf_counter() - began:.0f} s", style="dim")
        times = {name: await pages(system, fields) for name, fields in filters().items()}
    return {
        "list_alerts": count,
        "list_page_p95_ms": max(map(p95, times.values())),
        **{f"list_{name}_p95_ms": p95(each) for name, each in times.items()},
    }


def filters() -> dict[str, dict[str, Any]]:
    """What lists are asked for."""
    states = [pb.ALERT_STATE_RAISED, pb.ALERT_STATE_UNDER_REVIEW]
    return {
        "all": {},
        "watchlist": {"watchlist_id": WATCHLIST},
        "source_and_state": {"source": "c" * 26, "states": states},
        "rare_state": {"states": [pb.ALERT_STATE_CONFIRMED]},
        "watchlist_and_rare_state": {"watchlist_id": WATCHLIST, "states": [pb.ALERT_STATE_CONFIRMED]},
    }


async def pages(system: System, fields: dict[str, Any]) -> list[float]:
    """Milliseconds of each page, one after the other."""
    times, token = [], ""
    for _ in range(PAGES):
        began = time.perf_counter()
        page = await _page(system, fields, token)
        times.append((time.perf_counter() - began) * 1000)
        token = page.next_page_token
    return times


async def _page(system: System, fields: dict[str, Any], token: str) -> pb.ListAlertsResponse:
    request = pb.ListAlertsRequest(page_size=100, page_token=token, **fields, **WHY)
    return await system.alerts.ListAlerts(request, timeout=60)


async def measured(given: argparse.Namespace) -> dict[str, Any]:
    """Everything, one after the other."""
    facts: dict[str, Any] = {}
    if given.only in {"", "latency"}:
        facts |= await alerts_of("dev")
        if CURRENT.exists():
            facts["strict"] = await alerts_of("strict")
    if given.only in {"", "burst"}:
        async with running("dev") as system:
            facts["burst"] = await burst(system.bus, given.burst)
    if given.only in {"", "watchers"}:
        facts["watch"] = await watched(given.watchers)
    if given.only in {"", "lists"}:
        facts |= await listed(given.alerts)
    return facts


def print_report(facts: dict[str, Any]) -> None:
    """A line for each figure, with its goal."""
    table = Table("what", "measured", "goal", title="Alerts")
    for name, value in facts.items():
        rows = {f"{name}.{part}": each for part, each in value.items()} if isinstance(value, dict) else {name: value}
        for what, figure in rows.items():
            goal = GOALS.get(what)
            table.add_row(what, f"{figure:,.2f}" if isinstance(figure, float) else str(figure), str(goal or ""))
    Console().print(table)


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", choices=["", "latency", "burst", "watchers", "lists"])
    parser.add_argument("--burst", type=int, default=5000)
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=Path("out/bench/notify.json"))
    given = parser.parse_args()
    facts = asyncio.run(measured(given))
    add_facts(given.out, facts)
    print_report(facts)


if __name__ == "__main__":
    main()
