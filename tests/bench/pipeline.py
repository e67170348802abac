"""The whole pipeline, measured: beside a plain loop, from frame to sighting, per camera, and by number of cameras.

    make bench-pipeline              (about a quarter of an hour; ONLY=ratios, latency, cores or ladder for one part)

Real services and a real broker, with SCRFD-2.5g and MobileFaceNet of ../shared/models, at 5 frames a second. Cameras
are real RTSP streams on loopback, whose server is not counted. Writes out/bench/pipeline.json; a part that is measured
alone replaces its own figures there. The load average before and after each part says how busy the machine was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from inference_material import SHARED, is_there, make_pack
from pipeline_live import climb, watch
from pipeline_material import RATE, SAMPLE_FPS, Person, cast, write_file, write_live
from pipeline_ratios import CLIP_S, COMPARED, EVERY, LOOP, ROUNDS, TRACKED, compare
from pipeline_report import print_ratios
from pipeline_system import System, running
from rtsp import BINARY, run_rtsp_camera

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

OUT = Path(__file__).resolve().parents[2] / "out" / "bench" / "pipeline.json"
HD, FULL_HD = (1280, 720), (1920, 1080)
LATENCY_S, CORES_S, STEP_S = 60.0, 30.0, 20.0
Result = dict[str, Any]


class Bench:
    """The parts, on one running system.

    Args:
        system: with the cast in its gallery.
        folder: for clips and pack.
        people: the cast.
        result: what is known so far; parts add to it.
        rounds: of the ratios.
    """

    def __init__(self, system: System, folder: Path, people: list[Person], result: Result, rounds: int) -> None:
        self._system = system
        self._folder = folder
        self._people = people
        self.result = result
        self._rounds = rounds

    async def ratios(self) -> None:
        """Frames a second ÷ those of the loop, the median over the rounds; `COMPARED` says what each does."""
        clip = write_file(self._folder / "scene.mp4", self._people, CLIP_S)
        enrolled = []
        for person in self._people:
            enrolled.append(self._folder / f"{len(enrolled)}.jpg")
            enrolled[-1].write_bytes(person.enrolled)
        passes = await compare(self._system, self._folder / "pack", clip, enrolled, self._rounds)
        rates = {name: [each["frames_per_second"] for each in every] for name, every in passes.items()}
        ratios = {name: _ratio(rates[name], rates[LOOP]) for name in (EVERY, TRACKED)}
        self.result["ratios"] = {"vs_loop": ratios[EVERY], "vs_loop_tracked": ratios[TRACKED]}
        self.result |= {"passes": passes, "compared": COMPARED}
        print_ratios(passes, ratios)

    async def latency(self) -> None:
        """Cameras for half of what the pipeline can do, as the ratios found it."""
        rate = median(each["frames_per_second"] for each in self.result["passes"][TRACKED])
        cameras = max(1, round(rate / 2 / SAMPLE_FPS))
        with self._camera(HD, self._people) as url:
            window = await watch(self._system, url, cameras, LATENCY_S)
        self.result["latency_ms"] = {"p50": window.latency(50), "p95": window.latency(95)}
        self.result["latency_of"] = {
            "cameras": cameras,
            "sightings": len(window.latencies_ms),
            "frames_per_second": round(window.detected / window.seconds, 1),
            "others": round(window.others, 2),
        }

    async def cores(self) -> None:
        """One camera that sends 15 frames of 1080p a second, with people who walk and with an empty picture."""
        found, per_camera = {}, {}
        for name, people in {"motion": self._people, "still": []}.items():
            with self._camera(FULL_HD, people) as url:
                window = await watch(self._system, url, 1, CORES_S)
            looked_at = round(window.detected / window.seconds, 1)
            found[name] = window.cores | {"others": round(window.others, 2), "frames_per_second": looked_at}
            per_camera[name] = round(sum(window.cores.values()), 3)
        self.result["cores_per_camera"] = per_camera
        self.result["cores_of"] = found

    async def ladder(self) -> None:
        """720p with people who walk, the same stream for every camera."""
        with self._camera(HD, self._people) as url:
            self.result["ladder"] = await climb(self._system, url, STEP_S)

    @contextmanager
    def _camera(self, size: tuple[int, int], people: list[Person]) -> Iterator[str]:
        clip = self._folder / f"{size[1]}-{len(people)}.h264"
        with run_rtsp_camera(clip if clip.exists() else write_live(clip, people, size), RATE) as camera:
            yield camera.url


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return round(median(one / other for one, other in zip(ours, theirs, strict=True)), 3)


async def measure(parts: list[str], rounds: int) -> None:
    """Measures and writes, part by part."""
    result: Result = json.loads(OUT.read_text()) if OUT.exists() else {}
    people = cast()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running(folder, make_pack(folder / "pack"), people) as system:
            bench = Bench(system, folder, people, result, rounds)
            for part in parts:
                measured: Callable[[], Awaitable[None]] = getattr(bench, part)
                load, begin = os.getloadavg()[0], time.monotonic()
                await measured()
                took = round(time.monotonic() - begin)
                loads = {"load_before": round(load, 1), "load_after": round(os.getloadavg()[0], 1)}
                result.setdefault("runs", {})[part] = {**loads, "seconds": took}
                OUT.parent.mkdir(parents=True, exist_ok=True)
                OUT.write_text(json.dumps(result, indent=2) + "\n")


def main() -> None:
    """Measures, writes and prints."""
    parts = ["ratios", "latency", "cores", "ladder"]
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--only", choices=parts, help="one part; latency needs the ratios of an earlier run")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help="of the ratios")
    chosen = arguments.parse_args()
    if not is_there() or not BINARY.is_file():
        sys.exit(f"bench-pipeline needs {SHARED} and bin/rtsp-camera, which `make rtsp-camera` builds where Go is")
    asyncio.run(measure([chosen.only] if chosen.only else parts, chosen.rounds))
    shown = ("ratios", "compared", "latency_ms", "cores_per_camera", "ladder", "runs")
    result = json.loads(OUT.read_text())
    sys.stdout.write(json.dumps({name: result.get(name) for name in shown}, indent=2) + "\n")


if __name__ == "__main__":
    main()
