"""The processor time of each part of a call: of detect's threads by what they do, of the broker, and of the client."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS = ("detector", "event loop", "gRPC", "broker", "client")
"""Detect's threads that look at pictures, its event loop, all others of it; then the other processes."""


@dataclass(frozen=True)
class Clock:
    """Reads it.

    Attributes:
        detect: the process that serves.
        detector: its threads that look at pictures.
        broker: the process.
    """

    detect: int
    detector: Sequence[int]
    broker: int

    def read(self) -> dict[str, int]:
        """Nanoseconds so far, by part; the client is this process."""
        whole, loop = _of_process(self.detect), self._of_thread(self.detect)
        detector = sum(map(self._of_thread, self.detector))
        own = time.process_time_ns()
        parts = (detector, loop, whole - loop - detector, _of_process(self.broker), own)
        return dict(zip(PARTS, parts, strict=True))

    def _of_thread(self, thread: int) -> int:
        return int(Path(f"/proc/{self.detect}/task/{thread}/schedstat").read_text().split()[0])


def _of_process(pid: int) -> int:
    """By the clock that clock_getcpuclockid(3) makes of a process on Linux."""
    return time.clock_gettime_ns((~pid << 3) | 2)
