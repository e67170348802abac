"""What turned vectors cost: `python tests/bench/rotation.py [FACES]`, with made-up faces of 512 dimensions.

Searches, and writes, of a plain index and of a turned one take turns, so that both meet the same machine. The median
of each is told, the difference, and how long the matrix takes that is made once for each start.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from key_files import new_key, write_keys

from sightline.match.edge_index import open_edge_index
from sightline.match.index import IndexedFace
from sightline.match.turned_space import TurnedSpaces

DIMENSION = 512
SEARCHES = 500
BLOCK = 64


def faces(count: int) -> list[IndexedFace]:
    """Made-up faces."""
    raw = np.random.default_rng(0).standard_normal((count, DIMENSION), np.float32)
    vectors = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return [IndexedFace(f"face{n}", "w", f"person{n}", vector) for n, vector in enumerate(vectors)]


def say(line: str) -> None:
    """At once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def timed(work) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1e3


async def measure(count: int, folder: Path) -> None:
    """Fills and searches both, and prints."""
    spaces = TurnedSpaces(write_keys(folder / "rotation.key", new_key()), DIMENSION)
    began = time.perf_counter()
    space = spaces.named(spaces.ids()[0])
    say(f"matrix, once for each start: {(time.perf_counter() - began) * 1e3:.0f} ms")
    async with (
        open_edge_index(folder / "plain", DIMENSION) as plain,
        open_edge_index(folder / "turned", DIMENSION, None, spaces) as turned,
    ):
        enrolled, both = faces(count), {"plain": plain, "turned": turned}
        puts, searches = ({name: [] for name in both} for _ in range(2))
        for start in range(0, count, BLOCK):
            for name, index in both.items():
                puts[name].append(await timed(index.put(enrolled[start : start + BLOCK])) / BLOCK)
        for face in enrolled[:SEARCHES]:
            for name, index in both.items():
                searches[name].append(await timed(index.nearest(face.vector, "w", 20)))
        for what, found in (("face written", puts), ("search", searches)):
            one, other = (float(np.median(found[name])) for name in both)
            say(f"{what}: {one:.3f} ms plain, {other:.3f} ms turned, {other - one:+.3f} ms, ratio {other / one:.3f}")
    probes = [face.vector for face in enrolled[:SEARCHES]]
    each = [await timed(_turn(space, vector)) for vector in probes]
    say(f"turning one probe: {np.median(each):.4f} ms, p95 {np.percentile(each, 95):.4f} ms")


async def _turn(space, vector) -> None:
    space.vectors({"probe": vector})


def main() -> None:
    """For so many faces as are asked for."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(count, Path(folder)))


if __name__ == "__main__":
    main()
