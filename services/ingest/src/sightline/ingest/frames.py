"""Frames of a source, as the service sees them: what the decoder process sends, one by one."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.chassis.errors import InvalidInput, SightlineError, Unavailable
from sightline.ingest.frame_record import (
    END,
    END_OF_STREAM,
    FRAME,
    FRAME_HEAD,
    PREFIX,
    PROGRESS_BODY,
    DecodeRequest,
    Ending,
)

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

    from numpy.typing import NDArray

    from sightline.ingest.source import Source

STALL_S = 20.0
"""No sign of life for this long and the decoder is given up (Frigate's figure)."""
# The part of a frame that may wait in the service's memory; the rest waits in the decoder, by the pipe.
_BUFFER_BYTES = 4 << 20
# FFmpeg needs no more of the environment, and numpy in the decoder no threads.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Frame:
    """One sampled frame."""

    index: int
    """Its place among the sampled frames, from 0."""
    media_time_s: float
    """Seconds since the first frame of the stream."""
    picture: NDArray[np.uint8]
    """(height, width, 3) RGB, read-only."""


class FrameStream:
    """The sampled frames of one running decoder; iterate over it once."""

    def __init__(self, process: Process, source: Source, stall_s: float) -> None:
        self._process = process
        self._source = source
        self._stall_s = stall_s
        self.frames_read = 0
        """Frames decoded so far, sampled or not."""
        self.duration_s = 0.0
        """Length as the container states it; 0 where it does not, known once the first frame is there."""

    async def __aiter__(self) -> AsyncIterator[Frame]:
        """Frames in order, until a file ends.

        Raises:
            InvalidInput: VIDEO_UNREADABLE; the frames before the damage have been given.
            Unavailable: CAMERA_UNREACHABLE, DECODER_DIED.
        """
        index = 0
        while True:
            kind, body = await self._record()
            if kind == END:
                self._finish(Ending.from_body(body))
                return
            if kind == FRAME:
                frame = self._frame(index, body)
                index += 1
                yield frame
            else:
                self.frames_read, self.duration_s = PROGRESS_BODY.unpack(body)

    async def _record(self) -> tuple[bytes, bytes]:
        try:
            async with asyncio.timeout(self._stall_s):
                return await self._read_record()
        except TimeoutError as error:
            self._process.kill()
            raise self._stalled() from error
        except asyncio.IncompleteReadError as error:
            status = await self._process.wait()
            raise Unavailable(
                "DECODER_DIED",
                f"the decoder of {self._source.shown} died (exit status {status}) after {self.frames_read} "
                "frames; start it again, and if it dies again the video is too heavy or harmful",
            ) from error

    async def _read_record(self) -> tuple[bytes, bytes]:
        pipe = self._process.stdout
        if pipe is None:
            raise asyncio.IncompleteReadError(b"", PREFIX.size)
        kind, length = PREFIX.unpack(await pipe.readexactly(PREFIX.size))
        return kind, await pipe.readexactly(length)

    def _stalled(self) -> SightlineError:
        waited = f"{self._source.shown} gave no frame for {self._stall_s:.0f} s"
        if self._source.live:
            return Unavailable("CAMERA_UNREACHABLE", f"{waited}; check the camera and its network")
        return InvalidInput("VIDEO_UNREADABLE", f"{waited}; the file or its disk is damaged")

    def _frame(self, index: int, body: bytes) -> Frame:
        number, media_time_s, width, height = FRAME_HEAD.unpack_from(body)
        self.frames_read = number + 1
        pixels = np.frombuffer(body, np.uint8, offset=FRAME_HEAD.size)
        return Frame(index, media_time_s, pixels.reshape(height, width, 3))

    def _finish(self, ending: Ending) -> None:
        self.frames_read = ending.frames_read
        if ending.code == "VIDEO_UNREADABLE":
            raise InvalidInput(ending.code, f"{self._source.shown}: {ending.text}; give an intact video")
        if ending.code != END_OF_STREAM or self._source.live:
            text = ending.text or "the camera closed the connection"
            raise Unavailable("CAMERA_UNREACHABLE", f"{self._source.shown}: {text}; check the camera and its network")


@asynccontextmanager
async def open_frames(source: Source, *, fps: float, stall_s: float = STALL_S) -> AsyncIterator[FrameStream]:
    """Start a decoder for a source that was admitted; it is gone when the context ends, however it ends.

    Args:
        source: what to read.
        fps: frames per second of media time to sample.
        stall_s: seconds without a sign of life after which the decoder is killed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "sightline.ingest.decoder"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_ENVIRONMENT,
        limit=_BUFFER_BYTES,
    )
    try:
        await _send(process, DecodeRequest(source.opened, source.host, source.live, fps))
        yield FrameStream(process, source, stall_s)
    finally:
        await _reap(process)


async def _send(process: Process, request: DecodeRequest) -> None:
    if process.stdin is not None:
        process.stdin.write(request.to_json())
        process.stdin.write_eof()


async def _reap(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await asyncio.shield(_bury(process))


async def _bury(process: Process) -> None:
    if process.stdout is not None:
        await process.stdout.read()  # asyncio counts a process as ended only when its pipes are empty
    await process.wait()
