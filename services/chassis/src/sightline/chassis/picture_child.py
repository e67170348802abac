"""The picture decoder process: files of pictures in, pixels out, on the socket that is its standard input.

Run as `python -m sightline.chassis.picture_child`. The libraries that read pictures are handed bytes from strangers, so
they do it here, apart from the service: without its environment, files, network and memory, and within limits. See
`process_limits`, `landlock` and `seccomp`, which also say what they cannot enforce.
"""

from __future__ import annotations

import json
import math
import os
import socket
import sys

from PIL import Image

from sightline.chassis.errors import InvalidInput
from sightline.chassis.heap import limit_heap
from sightline.chassis.landlock import Reach, confine
from sightline.chassis.picture import SeenPicture, see_picture
from sightline.chassis.picture_record import ASKS, HEAD, PIXELS, READY, REFUSED, SCALE, TASK
from sightline.chassis.process_limits import grant_cpu, restrict_process
from sightline.chassis.seccomp import give_up_calls


class Decoder:
    """Answers one picture after the other."""

    def __init__(self, connection: socket.socket, cpu_s: int) -> None:
        self._connection = connection
        self._cpu_s = cpu_s

    def run(self) -> None:
        """Until the service hangs up. Raises EOFError."""
        self._connection.sendall(HEAD.pack(READY, 0, 0, 0, 0))
        while True:
            self._answer(self._take(TASK.unpack(self._take(TASK.size))[0]))

    def _answer(self, data: bytes) -> None:
        grant_cpu(self._cpu_s)
        try:
            self._give(see_picture(data, self._useful_scale))
        except InvalidInput as error:
            self._refuse(error)

    def _take(self, length: int) -> bytes:
        data = bytearray(length)
        if self._connection.recv_into(data, length, socket.MSG_WAITALL) < length:
            raise EOFError
        return bytes(data)

    def _useful_scale(self, size: tuple[int, int]) -> float:
        self._connection.sendall(HEAD.pack(ASKS, *size, 0, 0))
        scale = float(SCALE.unpack(self._take(SCALE.size))[0])
        if math.isnan(scale):
            raise InvalidInput("UNWANTED", "nobody wants it")
        return scale

    def _give(self, seen: SeenPicture) -> None:
        height, width = seen.pixels.shape[:2]
        self._connection.sendall(HEAD.pack(PIXELS, width, height, seen.width, seen.height))
        self._connection.sendall(seen.pixels.data)

    def _refuse(self, error: InvalidInput) -> None:
        body = json.dumps([error.reason, error.message]).encode()
        self._connection.sendall(HEAD.pack(REFUSED, len(body), 0, 0, 0) + body)


def main() -> None:
    """Decode for as long as the service listens; the arguments are memory in bytes and processor time in seconds."""
    memory_bytes, cpu_s = map(int, sys.argv[1:])
    connection = socket.socket(fileno=sys.stdin.fileno())
    Image.init()  # loads every format's library, while files can be opened
    limit_heap()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is what is wanted
        restrict_process(memory_bytes, cpu_s)
        confine(Reach())
        give_up_calls(network=False)
        os.dup2(nowhere.fileno(), sys.stderr.fileno())  # libraries complain there of each damaged picture
    try:
        Decoder(connection, cpu_s).run()
    except (EOFError, ConnectionError):
        os._exit(0)


if __name__ == "__main__":
    main()
