"""Which system calls the decoder process gives up: a list of those that it never needs, and that others abuse."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from dataclasses import dataclass

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_MODE_FILTER = 2
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_X32 = 0x40000000
"""System calls from here on are those of another way to call the same kernel."""


@dataclass(frozen=True)
class _Machine:
    """A kind of processor: its number for the kernel, and of its system calls."""

    architecture: int
    never: tuple[int, ...]
    """execve, execveat, ptrace, process_vm_readv, process_vm_writev, kill, unshare, mount, bpf, io_uring_setup."""
    socket: int


_MACHINES = {
    "x86_64": _Machine(0xC000003E, (59, 322, 101, 310, 311, 62, 272, 165, 321, 425), 41),
    "aarch64": _Machine(0xC00000B7, (221, 281, 117, 270, 271, 129, 97, 40, 280, 425), 198),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def give_up_calls(*, network: bool) -> bool:
    """Refuse (EPERM) to start programs, to look into other processes and, without `network`, to open sockets.

    Cannot be undone. Returns False where this machine's calls are not known, or its kernel has no filters.

    Raises:
        OSError: the kernel refused.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    refused = machine.never if network else (*machine.never, machine.socket)
    code = b"".join(_instructions(machine.architecture, refused))
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        number = ctypes.get_errno()
        if number == errno.EINVAL:
            return False
        raise OSError(number, os.strerror(number))
    return True


def _instructions(architecture: int, refused: tuple[int, ...]) -> list[bytes]:
    """A program for the kernel's packet filter; jumps count the instructions that they pass over."""
    checks = [_instruction(_JUMP_EQUAL, number, len(refused) - place) for place, number in enumerate(refused)]
    return [
        _instruction(_LOAD, _ARCHITECTURE_AT),
        _instruction(_JUMP_EQUAL, architecture, 1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER_AT),
        _instruction(_JUMP_AT_LEAST, _X32, len(refused) + 1),
        *checks,
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _REFUSE),
    ]


def _instruction(code: int, value: int, if_true: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, 0, value)
