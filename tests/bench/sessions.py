"""How many sessions of how many threads: `python tests/bench/sessions.py MODEL.onnx` (a SCRFD file).

Runs the choices in turn, five rounds; prints the medians of the wall time and of the CPU time of a picture. The CPU
time says the same on a machine that does other work.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from statistics import median

import numpy as np

from sightline.chassis.onnx_batch import with_batch
from sightline.chassis.onnx_session import open_session
from sightline.chassis.session_pool import SessionPool

_PICTURES, _ROUNDS = 24, 5


def _measure(pool: SessionPool, batch: int) -> tuple[float, float]:
    """Wall and CPU milliseconds of a picture."""
    pixels = np.random.default_rng(0).standard_normal((batch, 3, 640, 640)).astype(np.float32)
    feeds = {pool.get_inputs()[0].name: pixels}
    pool.run(None, feeds)
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(pool.size) as executor:
        list(executor.map(pool.run, repeat(None, _PICTURES // batch), repeat(feeds)))
    return (time.perf_counter() - wall) / _PICTURES * 1e3, (time.process_time() - cpu) / _PICTURES * 1e3


def main(model: Path) -> None:
    """Measures and prints."""

    def pool(sessions: int, threads: int, callers: int) -> SessionPool:
        opened = [open_session(model, "cpu", threads, edit=with_batch) for _ in range(sessions)]
        return SessionPool(opened * callers)

    choices = {
        "1 session x 2 threads": (pool(1, 2, 1), 1),
        "2 sessions x 1 thread": (pool(2, 1, 1), 1),
        "1 session x 1 thread, 2 callers": (pool(1, 1, 2), 1),
        "the same, batches of 4": (pool(1, 1, 2), 4),
        "the same, batches of 8": (pool(1, 1, 2), 8),
    }
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in choices}
    for _ in range(_ROUNDS):  # in turn, so that other work on the machine meets all of them
        for name, choice in choices.items():
            measured[name].append(_measure(*choice))
    for name, figures in measured.items():
        wall, cpu = (median(column) for column in zip(*figures, strict=True))
        sys.stdout.write(f"{name:34} {wall:7.1f} ms wall {cpu:7.1f} ms CPU a picture\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
