"""What the decoder process may reach of the machine, as Linux' Landlock enforces it without privileges.

Files: Python and the libraries, and the source itself, for reading. TCP: the camera's port. Not enforced, as Landlock
cannot: to which host on that port, and UDP. Where the kernel has no Landlock (before 5.13, or switched off) nothing
here is enforced, and before 6.7 nothing about TCP.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from dataclasses import dataclass

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH, _RULE_PORT = 1, 2
_PR_SET_NO_NEW_PRIVS = 38
_WRITE_FILE, _READ_FILE, _READ_DIR, _IOCTL_DEV = 1 << 1, 1 << 2, 1 << 3, 1 << 15
_CONNECT_TCP, _ALL_TCP = 1 << 1, 3
_ALL_SCOPES = 3
# How many rights to files there are since each version, and which versions brought TCP and scopes.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP_SINCE, _SCOPES_SINCE = 4, 6
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")


@dataclass(frozen=True)
class Reach:
    """What a source needs."""

    readable: str = ""
    """A file or folder."""
    device: str = ""
    tcp_port: int = 0


def confine(reach: Reach) -> int:
    """Give up everything else, for this thread and those that it starts; cannot be undone.

    Returns:
        The version of Landlock that enforces it; 0: nothing does.

    Raises:
        OSError: the kernel refused.
    """
    version = _version()
    if version <= 0:
        return 0
    rights = (1 << _FILE_RIGHTS.get(version, max(_FILE_RIGHTS.values()))) - 1
    tcp = _ALL_TCP if version >= _TCP_SINCE else 0
    fields = struct.pack("<QQQ", rights, tcp, _ALL_SCOPES)
    ruleset = _call(_CREATE_RULESET, fields, _size(version), 0)
    try:
        for path in (*sys.path, *_LIBRARIES, reach.readable):
            _allow_path(ruleset, path, _READ_FILE | _READ_DIR)
        _allow_path(ruleset, reach.device, (_READ_FILE | _WRITE_FILE | _IOCTL_DEV) & rights)
        if tcp and reach.tcp_port:
            _call(_ADD_RULE, ruleset, _RULE_PORT, struct.pack("<QQ", _CONNECT_TCP, reach.tcp_port), 0)
        _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _version() -> int:
    if sys.platform != "linux":
        return 0
    return int(_libc().syscall(_CREATE_RULESET, None, 0, _ASK_VERSION))


def _size(version: int) -> int:
    """Of the fields that this version knows, in bytes."""
    return 24 if version >= _SCOPES_SINCE else 16 if version >= _TCP_SINCE else 8


def _allow_path(ruleset: int, path: str, rights: int) -> None:
    if not path:
        return
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there, or not for this user, is out of reach anyway
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - a Path for each would say no more
            rights &= ~_READ_DIR
        _call(_ADD_RULE, ruleset, _RULE_PATH, struct.pack("<Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc().syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
