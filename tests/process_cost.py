"""What a process holds at a moment, from /proc."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_PAGE = 4096


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
    tasks = list((process / "task").iterdir())
    pages = int((process / "statm").read_text().split()[1])
    return ProcessCost(
        files=len(list((process / "fd").iterdir())),
        threads=len(tasks),
        megabytes=pages * _PAGE / 1e6,
        children=sum(len((task / "children").read_text().split()) for task in tasks),
    )
