"""Keeps what is in a process's memory in it: keys, templates and pictures."""

from __future__ import annotations

import ctypes
import os
import resource
import sys

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """No crash of this process, or of one that it starts, writes its memory to a file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def hide_memory() -> None:
    """Makes this process's memory unreadable to others of the same user (Linux; elsewhere nothing happens).

    No debugger of theirs attaches, and a crash is not handed to the machine's crash collector either, to which the
    limit on core dumps does not apply. For processes that hold the installation's key; a process on a GPU is not one
    of them, and its driver may look at processes from outside.

    Raises:
        OSError: the kernel refused.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
