"""What a process may use that decodes what strangers wrote."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

CPU_S = 60
"""CPU seconds from one sign of life to the next; a process that spins on a few bytes is killed (SIGXCPU)."""


def restrict_process(memory_bytes: int, cpu_s: int = CPU_S) -> None:
    """Bound memory (addresses) and open files; forbid writing files and core dumps.

    Where the whole machine's or container's memory runs out, this process goes before the service does (Linux).
    """
    with suppress(OSError):  # no Linux, or not allowed
        Path("/proc/self/oom_score_adj").write_text("1000")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    grant_cpu(cpu_s)


def grant_cpu(cpu_s: int = CPU_S) -> None:
    """Allow so many more seconds of processor time from now on; called at every sign of life."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime) + cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))
