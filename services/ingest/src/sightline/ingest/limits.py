"""What the decoder process may use: it reads bytes that strangers wrote."""

from __future__ import annotations

import resource

MEMORY_BYTES = 4 << 30
"""An 8K H.264 stream with its 16 reference frames takes about 1 GiB."""
CPU_S = 60
"""CPU seconds from one sign of life to the next; a decoder that spins on one packet is killed (SIGXCPU)."""


def restrict_process() -> None:
    """Bound memory and open files; forbid writing files and core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    grant_cpu()


def grant_cpu() -> None:
    """Allow another `CPU_S` seconds from now on; called at every sign of life."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime) + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))
