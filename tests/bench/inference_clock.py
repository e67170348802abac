"""What a run cost: wall time, the CPU time of those who did it, and how much of the machine others took meanwhile."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """One run of a contender.

    Attributes:
        items: pictures or faces.
        seconds: wall time.
        cpu: CPU seconds of the contender's processes.
        loop: of them, those of the services' event loops: gRPC, protobuf, NATS; the rest decodes and computes.
        client_cpu: CPU seconds of this process where it is only the client, else 0.
        others: processors that everybody else on the machine used meanwhile.
    """

    items: int
    seconds: float
    cpu: float
    loop: float
    client_cpu: float
    others: float

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds an item, without the client's."""
        return 1000 * self.cpu / self.items

    @property
    def loop_ms(self) -> float:
        """Of them, in event loops."""
        return 1000 * self.loop / self.items

    @property
    def client_ms(self) -> float:
        """CPU milliseconds an item of the client."""
        return 1000 * self.client_cpu / self.items


@dataclass(frozen=True)
class Contender:
    """Something that works through the material once and says how many items that were.

    Attributes:
        name: in the table.
        does: what it does for an item; nobody should have to guess whether the work is equal.
        run: one pass.
        processes: those that do the work; none where this process does it itself.
    """

    name: str
    does: str
    run: Callable[[], Awaitable[int]]
    processes: Sequence[int] = ()

    async def sample(self) -> Sample:
        """One measured pass."""
        busy, own, start = busy_seconds(), time.process_time(), time.perf_counter()
        away, loop = self._away(), self._loop()
        items = await self.run()
        seconds, own = time.perf_counter() - start, time.process_time() - own
        away, loop = self._away() - away, self._loop() - loop
        others = max(0.0, busy_seconds() - busy - own - away) / seconds
        is_client = bool(self.processes)
        return Sample(items, seconds, away if is_client else own, loop, own if is_client else 0.0, others)

    def _away(self) -> float:
        return sum(_cpu_of(Path(f"/proc/{process}")) for process in self.processes)

    def _loop(self) -> float:
        return sum(_cpu_of(Path(f"/proc/{process}/task/{process}")) for process in self.processes)


def _cpu_of(task: Path) -> float:
    """User and system seconds of a process or thread, from its `stat`."""
    fields = (task / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def busy_seconds() -> float:
    """Seconds for which the processors of this machine were not idle, from /proc/stat."""
    user, nice, system, _idle, _wait, irq, softirq, steal, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) * _TICK
