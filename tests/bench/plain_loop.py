"""The demonstration's video through the services, beside the same models in one plain loop, in the same run.

    python tests/bench/plain_loop.py

The loop decodes, detects, embeds every face and compares it with the enrolled one by NumPy, in one process, with
nothing around it: no tracking, no broker, no index, no alert. It is the floor that the services are measured against;
they embed only the best shots of a track, and look at two pictures at a time, so the ratio may exceed 1. Writes
out/bench/demo.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import av
from rich.console import Console
from rich.table import Table

from sightline.chassis.cpu import available_cpus
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import decode_picture
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.embed.embedder import open_embedder

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "out" / "demo"
PACK = ROOT / ".sightline" / "models" / "starter"
SAMPLE_FPS = 3.0
MIN_FACE = 40


def sampled(video: Path) -> Iterator[NDArray[np.uint8]]:
    """The video's frames at the sample rate, (height, width, 3) RGB."""
    due = 0.0
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due:
                due += 1 / SAMPLE_FPS
                yield frame.to_ndarray(format="rgb24")


def run_loop() -> dict[str, float]:
    """One pass of the loop; the models are loaded and warm before the clock starts."""
    pack = load_pack(PACK)
    # One picture at a time: each network gets every processor for it.
    engine = Engine("cpu", sessions=1, session_threads=available_cpus())
    detector, embedder = open_detector(pack, engine), open_embedder(pack, "cpu")
    photo = decode_picture((DEMO / "media" / "enrol.jpg").read_bytes())
    [face] = detector.detect(photo, min_face=MIN_FACE)
    gallery = embedder.embed([embedder.align(photo, face.landmarks)])
    frames = faces = matches = 0
    begin = time.perf_counter()
    for picture in sampled(DEMO / "media" / "walk-by.mp4"):
        frames += 1
        found = detector.detect(picture, min_face=MIN_FACE)
        faces += len(found)
        if found:
            vectors = embedder.embed([embedder.align(picture, face.landmarks) for face in found])
            matches += int((vectors @ gallery.T >= pack.embedder.threshold).sum())
    seconds = time.perf_counter() - begin
    return {"frames": frames, "faces": faces, "matches": matches, "frames_per_second": frames / seconds}


def main() -> None:
    """Runs the demonstration, then the loop, and prints both."""
    subprocess.run([Path(sys.executable).with_name("sightline"), "demo"], cwd=ROOT, check=True)
    system = json.loads((DEMO / "summary.json").read_text())
    loop = run_loop()
    result = {"demo": system, "plain_loop": loop, "ratio": system["frames_per_second"] / loop["frames_per_second"]}
    out = ROOT / "out" / "bench" / "demo.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n")
    table = Table("", "frames", "faces", "frames/s", "latency p50 / p95 ms")
    latency = system["latency_ms"]
    rate = f"{system['frames_per_second']:.1f}"
    table.add_row("services", str(system["frames"]), str(system["faces"]), rate, f"{latency['p50']} / {latency['p95']}")
    table.add_row("plain loop", str(loop["frames"]), str(loop["faces"]), f"{loop['frames_per_second']:.1f}", "")
    Console().print(table, f"ratio {result['ratio']:.2f}")


if __name__ == "__main__":
    main()
