"""How fast, how surely and in how much memory the gallery's index finds people, by its size; NumPy stands beside it.

The embedded engine runs in a process of its own for each size; where `--url` names a Qdrant server, that is measured,
too. Galleries are made up, with the spread of real faces' templates: see search_gallery.py and search_spectrum.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from bench_file import add_facts
from rich.console import Console
from search_engine import SMALL
from search_gallery import Gallery, make_gallery
from search_report import print_report
from search_server import measured_server

from sightline.match.index_options import IndexOptions

PROBES = 1000
NUMPY_SEARCHES = 10
BLOCK = 50_000
console = Console(stderr=True)


def exact(gallery: Gallery) -> tuple[np.ndarray, np.ndarray, float]:
    """The best face of each probe in the large watchlist, its cosine, and NumPy's milliseconds for one probe."""
    best, cosines = np.zeros(len(gallery.probes), np.int64), np.full(len(gallery.probes), -1.0, np.float32)
    large = gallery.faces[: len(gallery.faces) - SMALL]
    for start in range(0, len(large), BLOCK):
        products = gallery.probes @ np.asarray(large[start : start + BLOCK]).T
        place, value = products.argmax(1), products.max(1)
        better = value > cosines
        best[better], cosines[better] = place[better] + start, value[better]
    faces = np.array(gallery.faces)
    times = [_timed(faces, probe) for probe in gallery.probes[:NUMPY_SEARCHES]]
    return best, cosines, float(np.median(times))


def _timed(faces: np.ndarray, probe: np.ndarray) -> float:
    began = time.perf_counter()
    (faces @ probe).argmax()
    return (time.perf_counter() - began) * 1000


def mate_recall(first: list[int], best: np.ndarray, cosines: np.ndarray, threshold: float) -> float:
    """Of the probes whose best face is at or above the threshold, the share for which that face came first."""
    counted = cosines >= threshold
    return float((np.array(first) == best)[counted].mean())


def measured(folder: Path, count: int, dimension: int, options: IndexOptions, url: str) -> list[dict[str, Any]]:
    """One row for the embedded engine, and one for the server if there is one."""
    gallery = make_gallery(folder, count, dimension, PROBES)
    best, cosines, numpy_ms = exact(gallery)
    command = [sys.executable, str(Path(__file__).with_name("search_engine.py")), str(folder), str(count)]
    command += [str(dimension), str(PROBES), options.model_dump_json()]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found = [json.loads(done.stdout.splitlines()[-1])]
    if url:
        found.append(asyncio.run(measured_server(url, gallery, options)))
    rows = []
    for facts in found:
        recall = mate_recall(facts.pop("first"), best, cosines, options.threshold)
        versus = facts["qps"] * numpy_ms / 1000
        shape = {"n": count, "dim": dimension, "intrinsic_dimension": round(gallery.intrinsic_dimension, 1)}
        rows.append({**shape, **facts, "mate_recall": recall, "numpy_ms": numpy_ms, "vs_exact": versus})
    return rows


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,300000,1000000")
    parser.add_argument("--dimensions", default="512,128")
    parser.add_argument("--keep", type=Path, help="a folder for galleries and indexes; those that are there are used")
    parser.add_argument("--url", default="", help="a Qdrant server")
    parser.add_argument("--options", type=IndexOptions.model_validate_json, default=IndexOptions())
    parser.add_argument("--out", type=Path, default=Path("out/bench/search.json"))
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory() as work:
        for count in sorted(map(int, given.sizes.split(","))):
            for dimension in map(int, given.dimensions.split(",")):
                console.print(f"{count:,} faces of {dimension} dimensions", style="dim")
                folder = Path(work) / f"d{dimension}-n{count}"
                rows += measured(folder, count, dimension, given.options, given.url)
                facts = {"rows": rows, "small_in_large_p95_ms": rows[-1]["small_in_large_p95_ms"]}
                add_facts(given.out, facts)
    print_report(rows)


if __name__ == "__main__":
    main()
