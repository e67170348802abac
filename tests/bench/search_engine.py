"""One embedded index in a process of its own, so that its memory is its own: fills it, builds it and searches it."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
from search_gallery import make_gallery

from sightline.match.edge_index import EdgeIndex, open_edge_index
from sightline.match.index import IndexedFace, Probe
from sightline.match.index_options import IndexOptions

LIMIT = 10
SMALL = 100
BATCH = 8
NEVER = 10**12


async def filled(index: EdgeIndex, faces: np.ndarray, persons: np.ndarray) -> float:
    """Puts what is missing; the last 100 are a watchlist of their own. Faces a second."""
    there, began = await index.size(), time.perf_counter()
    for start in range(there, len(faces), 1024):
        block = faces[start : start + 1024]
        named = [(n, "small" if n >= len(faces) - SMALL else "large") for n in range(start, start + len(block))]
        await index.put([IndexedFace(str(n), w, str(persons[n]), v) for (n, w), v in zip(named, block, strict=True)])
    return (len(faces) - there) / (time.perf_counter() - began)


async def searched(index: EdgeIndex, probes: np.ndarray, watchlist: str) -> tuple[list[float], list[int]]:
    """Milliseconds of each search, one after the other, and the first face that it gave."""
    times, first = [], []
    for probe in probes:
        began = time.perf_counter()
        hits = await index.nearest(probe, watchlist, LIMIT)
        times.append((time.perf_counter() - began) * 1000)
        first.append(int(hits[0].face_id))
    return times, first


async def rate(index: EdgeIndex, probes: np.ndarray) -> float:
    """Searches a second, several in each call, as the stream of sightings does it."""
    began = time.perf_counter()
    for start in range(0, len(probes), BATCH):
        await index.nearest_many([Probe(probe, "large", LIMIT) for probe in probes[start : start + BATCH]])
    return len(probes) / (time.perf_counter() - began)


def anonymous_mb() -> float:
    """Memory of this process that is no file's, in MB; 0 where the system does not say."""
    try:
        found = re.search(r"^Anonymous:\s+(\d+)", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found.group(1)) / 1024 if found else 0.0


async def run(folder: Path, count: int, dimension: int, probes: int, options: IndexOptions) -> dict[str, Any]:
    """Everything that is measured here."""
    gallery = make_gallery(folder, count, dimension, probes)
    before = anonymous_mb()
    async with open_edge_index(folder / "index", dimension, options.model_copy(update={"tail": NEVER})) as index:
        puts = await filled(index, gallery.faces, gallery.persons)
        status = await index.status()
        if status.built is None and options.way(count) != "exact":
            await index.rebuild()
            status = await index.status()
    async with open_edge_index(folder / "index", dimension, options.model_copy(update={"tail": NEVER})) as index:
        await searched(index, gallery.probes[:50], "large")
        times, first = await searched(index, gallery.probes, "large")
        small, _ = await searched(index, gallery.probes[:500], "small")
        qps = await rate(index, gallery.probes)
        built = status.built
        return {
            "engine": "edge",
            "way": built.way if built else "exact",
            "quantization": status.quantization,
            "ef": built.ef if built else 0,
            "p50_ms": float(np.quantile(times, 0.5)),
            "p95_ms": float(np.quantile(times, 0.95)),
            "qps": qps,
            "small_in_large_p95_ms": float(np.quantile(small, 0.95)),
            "anon_mb": anonymous_mb() - before,
            "build_s": built.seconds if built else 0.0,
            "own_mate_recall": built.mate_recall if built else 1.0,
            "put_per_s": puts,
            "first": first,
        }


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("dimension", type=int)
    parser.add_argument("probes", type=int)
    parser.add_argument("options", type=IndexOptions.model_validate_json)
    given = parser.parse_args()
    facts = asyncio.run(run(given.folder, given.count, given.dimension, given.probes, given.options))
    print(json.dumps(facts))  # noqa: T201 - for the process that started this one


if __name__ == "__main__":
    main()
