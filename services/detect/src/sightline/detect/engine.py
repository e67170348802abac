"""What the detectors of this process run on, and how they share it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import structlog

from sightline.chassis.cpu import available_cpus
from sightline.chassis.onnx_batch import with_batch
from sightline.chassis.session_pool import SessionPool
from sightline.detect.window import Size

log = structlog.get_logger()

_GPU_BATCH, _CPU_BATCH = 16, 1  # the figures are in SessionPool's docstring
_SAME = 1e-5

Edit: TypeAlias = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Engine:
    """How networks are run.

    Attributes:
        device: "cpu", "cuda" or "tensorrt".
        sessions: inferences at the same time; 0: one for each processor, two on a GPU.
        session_threads: of one inference on the CPU.
        max_batch: pictures in one inference; 0: 1 on the CPU, where more do not pay, 16 on a GPU.
        linger: seconds that a picture waits for others.
        engines: folder in which TensorRT keeps what it built.
    """

    device: str
    sessions: int = 0
    session_threads: int = 1
    max_batch: int = 0
    linger: float = 0.0
    engines: Path | None = None

    @property
    def batch(self) -> int:
        """Pictures in one inference."""
        return self.max_batch or (_CPU_BATCH if self.device == "cpu" else _GPU_BATCH)

    @property
    def pictures(self) -> int:
        """Pictures that have to be at work at the same time to keep the device busy."""
        return available_cpus() if self.device == "cpu" and self.batch == 1 else max(available_cpus(), 2 * self.batch)

    def open(self, path: Path, *, edit: Edit | None = None, arena: bool = True) -> SessionPool:
        """Load an ONNX file; `edit`, `arena` and what it raises are those of `open_session`."""
        size, threads, engines = self.sessions, self.session_threads, self.engines
        return SessionPool.open(path, self.device, size=size, threads=threads, engines=engines, edit=edit, arena=arena)

    def open_batched(self, path: Path, size: Size) -> tuple[SessionPool, int]:
        """Load a network that looks at pictures; where its graph takes one alone, edited so that it takes a batch.

        Args:
            path: the file.
            size: width, height of the inputs with which it is tried.

        Returns:
            The network, and how many pictures it takes: 1 where a batch gives anything else than single runs.
        """
        if self.batch == 1:
            return self.open(path), 1
        pool = self.open(path, edit=_batched)
        if _takes_batch(pool, size):
            return pool, self.batch
        log.warning("no_batches", file=path.name, why="a batch gives anything else than single pictures")
        return self.open(path), 1


def _batched(model: bytes) -> bytes:
    try:
        return with_batch(model)
    except ValueError:  # it takes a batch as it is, or never will; the trial tells
        return model


def _takes_batch(pool: SessionPool, size: Size) -> bool:
    """Whether two pictures at once give what they give one by one."""
    name = pool.get_inputs()[0].name
    pictures = np.random.default_rng(0).random((2, 3, size[1], size[0]), np.float32)
    try:
        together = pool.run(None, {name: pictures})
    except Exception:  # noqa: BLE001 - ONNX Runtime's errors share no class but Exception
        return False
    singles = [pool.run(None, {name: pictures[i : i + 1]}) for i in (0, 1)]
    pairs = [(many[i], one[0]) for i in (0, 1) for many, one in zip(together, singles[i], strict=True)]
    return all(many.shape == one.shape and np.abs(many - one).max() <= _SAME for many, one in pairs)
