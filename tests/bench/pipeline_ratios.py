"""Frames a second of the pipeline on a file, beside the plain loop, by turns."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_material import SAMPLE_FPS
from pipeline_system import EVERY_FACE, INGEST

from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from pipeline_system import System

ROUNDS = 3
CLIP_S = 64.0
LOOP, EVERY, TRACKED = "plain loop", "every face embedded", "as shipped, with tracking"
COMPARED = {
    LOOP: "one process: PyAV, FaceAnalysis as its users open it, which looks at squares of 128 and 640 px, of which "
    "44 % are black, embeds every face, and NumPy",
    EVERY: "the services, with a camera's default look, whose black is trimmed away (128 x 96 and 640 x 384), and with "
    "every face embedded",
    TRACKED: "the services as they are shipped: the same look, and the best shots of each track embedded",
}
"""What each does with the same 720p file, for whoever reads the ratios."""
_OVER = (pb.CAMERA_STATE_ENDED, pb.CAMERA_STATE_FAILED)
Pass = dict[str, float]


async def compare(system: System, pack: Path, clip: Path, enrolled: list[Path], rounds: int) -> dict[str, list[Pass]]:
    """Every contender once a round, in an order that turns."""
    contenders = {
        LOOP: lambda: run_loop(pack, clip, enrolled),
        EVERY: lambda: run_pipeline(system, clip, EVERY_FACE),
        TRACKED: lambda: run_pipeline(system, clip, INGEST),
    }
    passes: dict[str, list[Pass]] = {name: [] for name in contenders}
    for turn in range(rounds):
        names = list(contenders)
        for name in names[turn % 3 :] + names[: turn % 3]:
            passes[name].append(await contenders[name]())
            sys.stderr.write(f"round {turn + 1} of {rounds}, {name}: {passes[name][-1]}\n")
    return passes


async def run_pipeline(system: System, clip: Path, module: str) -> Pass:
    """From the call that starts the file to match's acknowledgement of its last face."""
    async with system.ingest(module) as cameras:
        before, begin = system.cpu(), time.perf_counter()
        camera = await cameras.watch(clip.as_uri(), sample_fps=SAMPLE_FPS)
        status = await cameras.until(camera, lambda status: status.state in _OVER, 300)
        await system.settled()
        seconds = time.perf_counter() - begin
        assert status.state == pb.CAMERA_STATE_ENDED, status.reason
        used = {f"cpu_{name}": cpu - before[name] for name, cpu in system.cpu().items()}
        counts = {"frames": status.frames_detected, "faces": status.faces, "shots": status.shots}
        return {"seconds": seconds, "frames_per_second": status.frames_detected / seconds, **counts, **used}


async def run_loop(pack: Path, clip: Path, enrolled: list[Path]) -> Pass:
    """The loop in a process of its own."""
    command = [str(Path(__file__).with_name("pipeline_loop.py")), str(pack), str(clip), *map(str, enrolled)]
    child = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    answer, _ = await child.communicate()
    assert child.returncode == 0, "the plain loop failed"
    # FaceAnalysis itself prints what it loads.
    measured: Pass = json.loads(answer.splitlines()[-1])
    return {"frames_per_second": measured["frames"] / measured["seconds"], **measured}
