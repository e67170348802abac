"""A camera that goes wrong in every way, again and again: `make faults`, CYCLES=50 by default."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from itertools import cycle, islice
from statistics import median
from typing import TYPE_CHECKING

import pytest
from process_cost import cost_of
from rich.console import Console
from rich.table import Table
from rtsp import RtspCamera, run_rtsp_camera, write_clip

from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from pathlib import Path

CYCLES = int(os.environ.get("CYCLES", "50"))
RETURN_SECONDS = 30.0
STALL_SECONDS = 25.0
"""A decoder may go 20 s without a frame; the rest is for the report."""
OUTAGE_SECONDS = 3.0
SETTLED_CYCLES = 5
"""From here on nothing may grow: every kind of fault has happened once."""
POOL_THREADS = min(32, (os.cpu_count() or 1) + 4)
"""asyncio.to_thread begins them one by one, as it needs them, and lets them live."""


@dataclass
class Street:
    """One camera, watched by TCP and by UDP, and what is done to it."""

    camera: RtspCamera
    clips: list[Path]
    cameras: object
    watched: list[str]
    seconds: dict[str, list[float]] = field(default_factory=dict)

    async def killed(self):
        """The power is cut, and comes back."""
        self.camera.kill()
        await asyncio.sleep(OUTAGE_SECONDS)
        await asyncio.to_thread(self.camera.start)

    async def hanging(self):
        """It falls silent with its connections open, until ingest has noticed and tried again in vain."""
        self.camera.stop()
        await self._reconnecting(lambda status: status.reason.reason == "CAMERA_SILENT")
        await asyncio.sleep(OUTAGE_SECONDS)
        self.camera.go_on()

    async def resized_in_the_stream(self):
        """The next picture has another size."""
        self.camera.play(self._other_clip())

    async def restarted_with_another_size(self):
        """It was given another resolution and starts again."""
        self.camera.kill()
        self.camera.clip = self._other_clip()
        await asyncio.to_thread(self.camera.start)

    async def locked(self):
        """It asks for a password that ingest does not have, until it is told not to."""
        self.camera.kill()
        self.camera.login = "admin:s3cret"
        await asyncio.to_thread(self.camera.start)
        await self._reconnecting(lambda status: status.reason.reason == "CAMERA_REFUSED")
        self.camera.kill()
        self.camera.login = ""
        await asyncio.to_thread(self.camera.start)

    async def suffer(self, fault):
        """One fault, and the way back; notes the seconds from the end of the fault to new frames on every way."""
        await fault()
        well = time.time_ns()
        await asyncio.gather(*(self.cameras.until(each, lambda s: _is_back(s, well), 60) for each in self.watched))
        self.seconds.setdefault(fault.__name__, []).append((time.time_ns() - well) / 1e9)

    async def _reconnecting(self, condition):
        def is_lost(status):
            return status.state == pb.CAMERA_STATE_RECONNECTING and condition(status)

        await asyncio.gather(*(self.cameras.until(each, is_lost, STALL_SECONDS) for each in self.watched))

    def _other_clip(self):
        return next(clip for clip in self.clips if clip != self.camera.clip)


@pytest.fixture
async def street(tmp_path, cameras):
    """A street in which frames come."""
    clips = [write_clip(tmp_path / f"{width}.h264", width, width * 3 // 4) for width in (320, 640)]
    with run_rtsp_camera(clips[0]) as camera:
        ways = (pb.RTSP_TRANSPORT_TCP, pb.RTSP_TRANSPORT_UDP)
        watched = [await cameras.watch(camera.url, sample_fps=5, rtsp_transport=way) for way in ways]
        for each in watched:
            await cameras.until(each, lambda status: status.frames_sampled > 10)
        yield Street(camera, clips, cameras, watched)


@pytest.mark.timeout(3600)
async def test_frames_return_and_nothing_grows(street):
    """Killed, hung, resized, locked: frames are back within 30 s each time, and ingest holds no more than before."""
    kinds = (
        street.killed,
        street.hanging,
        street.resized_in_the_stream,
        street.restarted_with_another_size,
        street.locked,
    )
    pid = street.cameras.service.process.pid
    costs = []
    for fault in islice(cycle(kinds), CYCLES):
        await street.suffer(fault)
        await asyncio.sleep(2.0)  # those who were replaced are gone by then
        costs.append(cost_of(pid))
    report(street.seconds, costs)
    assert max(map(max, street.seconds.values())) <= RETURN_SECONDS
    assert all(cost.children == len(street.watched) for cost in costs)
    first, last = costs[min(SETTLED_CYCLES, len(costs)) - 1], costs[-1]
    assert last.files <= first.files
    assert last.threads <= first.threads + POOL_THREADS
    assert last.megabytes <= first.megabytes * 1.1


def _is_back(status, since_ns):
    return status.state == pb.CAMERA_STATE_RUNNING and status.last_frame_time.ToNanoseconds() > since_ns


def report(seconds, costs):
    """Print what came of it."""
    back = Table("fault", "times", "median s", "max s", title="From the end of a fault to new frames")
    for name, every in seconds.items():
        back.add_row(name.replace("_", " "), str(len(every)), f"{median(every):.1f}", f"{max(every):.1f}")
    held = Table("after cycle", "files", "threads", "MB", "children", title="What ingest holds")
    for number in sorted({1, *range(SETTLED_CYCLES, len(costs), SETTLED_CYCLES), len(costs)}):
        cost = costs[number - 1]
        row = (number, cost.files, cost.threads, round(cost.megabytes), cost.children)
        held.add_row(*map(str, row))
    Console().print(back, held)
