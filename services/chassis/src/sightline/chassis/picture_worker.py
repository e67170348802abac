"""A picture decoder process as the service sees it."""

from __future__ import annotations

import json
import math
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.chassis.picture import MAX_PIXELS, SeenPicture
from sightline.chassis.picture_record import ASKS, HEAD, PIXELS, READY, REFUSED, SCALE, TASK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.chassis.picture import UsefulScale

CHILD = ("-m", "sightline.chassis.picture_child")
_DYING_S = 1.0
_MESSAGE = 500
# Libraries need no more of the environment, and no threads: there is a decoder for each processor.
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
}


@dataclass(frozen=True)
class Bounds:
    """What a decoder may take."""

    memory_bytes: int = 5 << 28
    """Of addresses; 300 MB are taken before it begins, and 50 megapixels as WebP with transparency take 770 more."""
    cpu_s: int = 15
    """Of one processor's time, for one picture; 50 megapixels take 3."""
    patience_s: float = 45.0
    """For one answer."""


class Lost(Exception):
    """The decoder is of no use any more: it died, is stuck, or says what makes no sense.

    Attributes:
        why: `died`, `time` or `nonsense`.
        status: how it ended, as `Popen.returncode` has it.
    """

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


class PictureWorker:
    """One decoder; one thread at a time may use it. It starts at once, and is waited for when it is first used.

    Args:
        bounds: what it may take.
        child: the program, as arguments of Python.
    """

    def __init__(self, bounds: Bounds, child: Sequence[str] = CHILD) -> None:
        self._connection, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                (sys.executable, "-I", *child, str(bounds.memory_bytes), str(bounds.cpu_s)),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=_ENVIRONMENT,
            )
        _set_patience(self._connection, bounds.patience_s)
        self._is_ready = False

    def see(self, data: bytes, useful_scale: UsefulScale) -> SeenPicture:
        """As `see_picture`, whose errors it raises, and those of `useful_scale`; or Lost."""
        try:
            return self._see(data, useful_scale)
        except (OSError, EOFError) as error:
            raise self._lost("time" if isinstance(error, BlockingIOError) else "died") from error
        except (ValueError, TypeError, struct.error) as error:
            raise self._lost("nonsense") from error

    def end(self) -> int:
        """Ends the process; returns how it ended."""
        self._connection.close()
        self.process.kill()
        return self.process.wait()

    def _see(self, data: bytes, useful_scale: UsefulScale) -> SeenPicture:
        if not self._is_ready and self._head()[0] != READY:
            raise ValueError
        self._is_ready = True
        self._connection.sendall(TASK.pack(len(data)))
        self._connection.sendall(data)
        kind, numbers = self._head()
        refused = None
        if kind == ASKS:
            refused = self._answer(numbers[:2], useful_scale)
            kind, numbers = self._head()
        if kind == PIXELS and refused is None:
            return self._picture(*numbers)
        if kind == REFUSED:
            said = self._refusal(numbers[0])
            raise refused or said
        raise ValueError(kind)

    def _answer(self, size: tuple[int, ...], useful_scale: UsefulScale) -> Exception | None:
        """Says to which scale; an error waits until the decoder has put the picture away."""
        width, height = size
        _check_size(width, height)
        try:
            scale = useful_scale((width, height))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised as soon as the decoder is free again
            self._connection.sendall(SCALE.pack(math.nan))
            return error
        self._connection.sendall(SCALE.pack(scale))
        return None

    def _head(self) -> tuple[bytes, tuple[int, ...]]:
        kind, *numbers = HEAD.unpack(self._take(HEAD.size).tobytes())
        return kind, tuple(numbers)

    def _picture(self, width: int, height: int, whole_width: int, whole_height: int) -> SeenPicture:
        _check_size(whole_width, whole_height)
        if not (0 < width <= whole_width and 0 < height <= whole_height):
            raise ValueError(width, height)
        pixels = self._take(width * height * 3)
        return SeenPicture(pixels.reshape(height, width, 3), whole_width, whole_height)

    def _refusal(self, length: int) -> InvalidInput:
        if length > 1 << 16:
            raise ValueError(length)
        reason, message = json.loads(self._take(length).tobytes())
        if not reason.isidentifier() or not reason.isupper():
            raise ValueError(reason)
        return InvalidInput(reason, "".join(filter(str.isprintable, message))[:_MESSAGE])

    def _take(self, length: int) -> NDArray[np.uint8]:
        """So many bytes, in the memory in which they stay; one call, in which other threads run."""
        taken = np.empty(length, np.uint8)
        got = self._connection.recv_into(taken.data, length, socket.MSG_WAITALL)
        if 0 < got < length:  # the time is over, or the decoder: the next call says which
            self._connection.recv(1)
        if got < length:
            raise EOFError
        return taken

    def _lost(self, why: str) -> Lost:
        with suppress(subprocess.TimeoutExpired):  # killed at once, it would not say how it died
            self.process.wait(_DYING_S if why == "died" else 0)
        status = self.end()
        return Lost("time" if status == -signal.SIGXCPU else why, status)


def _set_patience(connection: socket.socket, seconds: float) -> None:
    """The kernel's own timeouts: with Python's a large picture would come in many small pieces."""
    span = struct.pack("@ll", int(seconds), int(seconds % 1 * 1e6))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, span)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, span)


def _check_size(width: int, height: int) -> None:
    if not (width > 0 and height > 0 and width * height <= MAX_PIXELS):
        raise ValueError(width, height)
