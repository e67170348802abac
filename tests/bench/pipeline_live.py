"""Cameras that go on and on: from frame to sighting, what a camera costs, and how many of them there may be."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from inference_clock import busy_seconds
from pipeline_material import SAMPLE_FPS

from sightline.chassis.cpu import available_cpus
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from camera_calls import Cameras
    from nats.aio.msg import Msg
    from pipeline_system import System

SETTLE_S = 8.0
STEPS = (1, 2, 4, 8, 16, 32, 64)
LOST = 0.02
"""Part of the wanted frames that may be missing before a step of the ladder is the last one."""


@dataclass
class Window:
    """What happened in some seconds of watching."""

    seconds: float
    detected: int
    still: int
    """Sampled frames that were not looked at, as nothing moved in them."""
    dropped: int
    cpu: dict[str, float]
    others: float
    """Processors that everybody else on the machine used meanwhile: cameras, this process, other people's work."""
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def cores(self) -> dict[str, float]:
        """Processors that each service kept busy."""
        return {name: round(used / self.seconds, 3) for name, used in self.cpu.items()}

    def latency(self, percentile: float) -> float | None:
        """From the decoder to the broker's delivery of the sighting, in milliseconds; None without any."""
        return round(float(np.percentile(self.latencies_ms, percentile)), 1) if self.latencies_ms else None


async def watch(system: System, url: str, cameras: int, seconds: float) -> Window:
    """So many cameras at that URL, for so long, after they have settled."""
    async with system.ingest() as desk:
        watched = [await desk.watch(url, sample_fps=SAMPLE_FPS) for _ in range(cameras)]
        for each in watched:
            await desk.until(each, lambda status: status.state == pb.CAMERA_STATE_RUNNING, 120)
        await asyncio.sleep(SETTLE_S)
        async with _sightings(system) as latencies:
            first, before, busy, begin = (
                await _counted(desk, watched),
                system.cpu(),
                busy_seconds(),
                time.perf_counter(),
            )
            await asyncio.sleep(seconds)
            last, after, busy = await _counted(desk, watched), system.cpu(), busy_seconds() - busy
            took = time.perf_counter() - begin
        detected, still, dropped = (int(count) for count in last - first)
        cpu = {name: used - before[name] for name, used in after.items()}
        return Window(took, detected, still, dropped, cpu, max(0.0, busy - sum(cpu.values())) / took, latencies)


@asynccontextmanager
async def _sightings(system: System) -> AsyncIterator[list[float]]:
    found: list[float] = []

    async def arrive(message: Msg) -> None:
        sighting = events_pb2.Sighting.FromString(message.data)
        found.append((time.time_ns() - sighting.frame_time.ToNanoseconds()) / 1e6)

    subscription = await system.bus.client.subscribe("sightline.sightings.>", cb=arrive)
    try:
        yield found
    finally:
        await subscription.unsubscribe()


async def _counted(desk: Cameras, watched: list[str]) -> np.ndarray:
    statuses = await asyncio.gather(*map(desk.status, watched))
    return np.sum([(each.frames_detected, each.frames_still, each.frames_dropped) for each in statuses], axis=0)


async def climb(system: System, url: str, seconds: float) -> list[dict[str, object]]:
    """More and more cameras until frames are lost; what each step came to, and what limits the last one."""
    steps: list[dict[str, object]] = []
    for cameras in STEPS:
        window = await watch(system, url, cameras, seconds)
        wanted = cameras * SAMPLE_FPS * window.seconds
        steps.append(
            {
                "cameras": cameras,
                "frames_per_second": round((window.detected + window.still) / window.seconds, 1),
                "of_them_still": round(window.still / window.seconds, 1),
                "frames_per_second_wanted": cameras * SAMPLE_FPS,
                "dropped": window.dropped,
                "latency_p95_ms": window.latency(95),
                "cores": window.cores,
            }
        )
        if window.dropped > LOST * wanted or window.detected + window.still < (1 - 2 * LOST) * wanted:
            steps[-1]["limit"] = _limit(window)
            break
    return steps


def _limit(window: Window) -> str:
    name, cores = max(window.cores.items(), key=lambda item: item[1])
    ours, all_there = sum(window.cores.values()), available_cpus()
    mine = f"of {all_there} processors {ours:.1f} are busy with it, {cores:.1f} with {name} alone"
    return f"{mine}, and {window.others:.1f} with others"
