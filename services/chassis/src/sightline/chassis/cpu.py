"""How many processors this process may use, which in a container is not how many the machine has."""

import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def available_cpus(cgroups: Path = _CGROUPS) -> int:
    """Processors that both the affinity mask and the cgroup's CPU quota allow, at least 1.

    Args:
        cgroups: where the control groups are mounted; v2 (`cpu.max`) and v1 (`cpu.cfs_*_us`) are read.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(cgroups)
    return allowed if quota is None else max(1, min(allowed, int(quota)))


def _quota(cgroups: Path) -> float | None:
    """CPU seconds per second, or None without a limit."""
    for words in (_words(cgroups / "cpu.max"), _version_1(cgroups / "cpu")):
        match words:
            case [quota, period] if quota.isdigit() and int(period) > 0:
                return int(quota) / int(period)
    return None


def _version_1(folder: Path) -> list[str]:
    return _words(folder / "cpu.cfs_quota_us") + _words(folder / "cpu.cfs_period_us")


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
