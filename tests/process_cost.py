"""What a process holds at a moment, from /proc."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PAGE = 4096
_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessCost:
    """Of one process, without its children.

    Attributes:
        files: open file descriptors.
        threads: that live.
        megabytes: resident.
        children: processes that it started and that have not been waited for.
    """

    files: int
    threads: int
    megabytes: float
    children: int


def cost_of(pid: int) -> ProcessCost:
    """What the process holds now."""
    process = Path(f"/proc/{pid}")
    pages = int((process / "statm").read_text().split()[1])
    return ProcessCost(
        files=len(list((process / "fd").iterdir())),
        threads=len(list((process / "task").iterdir())),
        megabytes=pages * _PAGE / 1e6,
        children=len(_children(pid)),
    )


def cpu_seconds(pid: int) -> float:
    """What a process and all its children have used so far, those that have ended too."""
    own = _used(pid, *range(11, 15))
    for child in _children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended, and is the parent's from the next look on
            own += _used(child, 11, 12)
    return own


def _used(pid: int, *fields: int) -> float:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(stat[field]) for field in fields) * _TICK


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended
            found += map(int, (task / "children").read_text().split())
    return found
