"""The service's end of the decoder's pipe: records arrive in the memory in which they stay.

A socket, not a pipe, and no asyncio stream: a frame of 1080p (6 MB) costs the event loop 1.1 ms so, and 13 ms as a
stream, which copies it twice and in small pieces. Shared memory costs as much (1.3 ms: its pixels have to be copied out
before the next frame comes), and a decoder that somebody has taken over could change them while they are looked at.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from sightline.ingest.frame_record import MAX_BODY, PREFIX

if TYPE_CHECKING:
    from numpy.typing import NDArray


class FramePipe(asyncio.BufferedProtocol):
    """Gives records one by one; while nobody takes the one that is there, the decoder waits."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._arrived = asyncio.Event()
        self._ended = False
        self._kind = b""
        self._body: NDArray[np.uint8] | None = None
        self._buffer = np.empty(PREFIX.size, np.uint8)
        self._filled = 0

    async def take(self) -> tuple[bytes, NDArray[np.uint8]]:
        """Kind and body of the next record. Raises EOFError: the decoder has gone, or writes what is no record."""
        await self._arrived.wait()
        if self._body is None:
            raise EOFError
        kind, body = self._kind, self._body
        self._begin_prefix()
        return kind, body

    def close(self) -> None:
        """Let go of the socket."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        """See asyncio."""
        self._ended = True
        self._arrived.set()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio passes it
        """See asyncio."""
        return self._buffer.data[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """See asyncio."""
        self._filled += nbytes
        if self._filled < self._buffer.size:
            return
        if self._kind:
            self._give()
        else:
            self._begin_body(*PREFIX.unpack(self._buffer.data))

    def _begin_prefix(self) -> None:
        self._kind, self._body = b"", None
        self._buffer, self._filled = np.empty(PREFIX.size, np.uint8), 0
        if not self._ended:
            self._arrived.clear()
            self._resume()

    def _begin_body(self, kind: bytes, length: int) -> None:
        if not 0 < length <= MAX_BODY:
            self.close()
            return
        self._kind = kind
        self._buffer, self._filled = np.empty(length, np.uint8), 0

    def _give(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()
        self._body = self._buffer
        self._arrived.set()

    def _resume(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()
