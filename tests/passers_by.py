"""Many HTTP cameras on one port, before which somebody new passes every few seconds."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np
from camera_server import serving

from sightline.chassis.picture import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PERIOD_S, PASSING_S = 3.0, 1.0
"""Each passes elsewhere than the one before, so that nobody takes them for one."""
FRAMES_PER_SECOND = 10


class PassersBy:
    """Motion JPEG at every path; a white square is a face."""

    def __init__(self) -> None:
        self.connections: Counter[str] = Counter()
        """How often each path was opened."""
        self.open: Counter[str] = Counter()
        """How many read each path now."""
        self.port = 0

    def url(self, name: str) -> str:
        """Of the camera of that name."""
        return f"http://127.0.0.1:{self.port}/{name}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one reader for as long as it reads."""
        path = ""
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().strip("/")
            self.connections[path] += 1
            self.open[path] += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n")
            # Reading ends when the reader is gone, also one that was stopped and has read nothing for long.
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(_send(writer))
                await reader.read()
                sending.cancel()
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError, ExceptionGroup):
            return
        finally:
            self.open[path] -= 1
            writer.transport.abort()  # not close: it would wait for a reader that reads no more


async def _send(writer: asyncio.StreamWriter) -> None:
    empty, *places = (_part(edge) for edge in (None, 20, 220))
    while True:
        number, since = divmod(time.monotonic(), PERIOD_S)
        writer.write(places[int(number) % len(places)] if since < PASSING_S else empty)
        await writer.drain()
        await asyncio.sleep(1 / FRAMES_PER_SECOND)


def _part(left_edge: int | None) -> bytes:
    """A picture with a square, or an empty one."""
    picture = np.full((240, 320, 3), 30, np.uint8)
    if left_edge is not None:
        picture[90:138, left_edge : left_edge + 48] = 255
    jpeg = encode_jpeg(picture, 90)
    return b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n"


@asynccontextmanager
async def passers_by() -> AsyncIterator[PassersBy]:
    """Serves them while the block runs."""
    cameras = PassersBy()
    async with serving(cameras.serve) as cameras.port:
        yield cameras
