"""Frames of a source, as the service sees them: what the decoder process sends, one by one."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput, SightlineError, Unavailable
from sightline.ingest.decode_request import DecodeRequest, fps_order
from sightline.ingest.frame_pipe import FramePipe
from sightline.ingest.frame_record import END, END_OF_STREAM, FACTS, FRAME, FRAME_HEAD, Ending, Progress
from sightline.ingest.video_facts import VideoFacts

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, AsyncIterator

    import numpy as np
    from numpy.typing import NDArray

    from sightline.ingest.source import Source
    from sightline.ingest.viewing import Viewing

_LONGEST_S = 1e9
"""Of a stream, thirty years: times beyond come from damaged bytes."""
STALL_S = 20.0
"""No sign of life for this long and the decoder is given up (Frigate's figure)."""
_DYING_S = 1.0
_SAID: dict[bytes, type[Ending | VideoFacts | Progress]] = {END: Ending, FACTS: VideoFacts}
# FFmpeg needs no more of the environment, and numpy and OpenCV in the decoder no threads.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Frame:
    """One sampled frame."""

    index: int
    """Its place among the frames that were given, from 0, or from the first that is wanted (`Viewing.first`)."""
    media_time_s: float
    """Seconds since the first frame of the stream."""
    picture: NDArray[np.uint8]
    """(height, width, 3) RGB, read-only, privacy masks painted over."""
    still_s: float = 0.0
    """So much of the media time until here was passed over as nothing moved in it."""
    decoded_ns: int = field(default_factory=time.time_ns)
    """When it came out of the decoder, nanoseconds since 1970."""
    origin_s: float = 0.0
    """Where media time 0 is on the stream's own clock."""

    @property
    def moving_s(self) -> float:
        """Media time without what was passed over: for a tracker, to which a face that stands still is not lost."""
        return self.media_time_s - self.still_s


class FrameStream:
    """The sampled frames of one running decoder; iterate over it once."""

    def __init__(self, process: Process, pipe: FramePipe, source: Source, first: int, stall_s: float) -> None:
        self._process = process
        self._pipe = pipe
        self._source = source
        self._first = first
        self._stall_s = stall_s
        self.progress = Progress()
        """As the decoder said last: with every frame, and at least every two seconds."""
        self.facts = VideoFacts()
        """Of the video; known once the first frame is there."""

    @property
    def frames_read(self) -> int:
        """Frames decoded so far, sampled or not."""
        return self.progress.frames_read

    @property
    def duration_s(self) -> float:
        """Length as the container states it; 0 where it does not, known once the first frame is there."""
        return self.progress.duration_s

    def set_fps(self, fps: float) -> None:
        """Sample at another rate from now on."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(fps_order(fps))

    async def __aiter__(self) -> AsyncGenerator[Frame, None]:
        """Frames in order, until a file ends.

        Raises:
            InvalidInput: VIDEO_UNREADABLE, DECODER_MEMORY; the frames before the damage have been given.
            Unavailable: CAMERA_UNREACHABLE, CAMERA_REFUSED, CAMERA_CERTIFICATE, CAMERA_REDIRECTED, CAMERA_SILENT,
                DECODER_MEMORY, DECODER_DIED.
        """
        index = self._first
        while not isinstance(said := await self._next(index), Ending):
            if isinstance(said, Frame):
                yield said
                index += 1
            elif isinstance(said, VideoFacts):
                self.facts = said
            else:
                self.progress = said
        self._finish(said)

    async def _next(self, index: int) -> Frame | Progress | VideoFacts | Ending:
        kind, body = await self._record()
        try:
            if kind == FRAME:
                return _frame(index, body)
            return _SAID.get(kind, Progress).from_body(body.tobytes())
        except (ValueError, TypeError, struct.error) as error:  # somebody else speaks there
            raise await self._died() from error

    async def _record(self) -> tuple[bytes, NDArray[np.uint8]]:
        try:
            async with asyncio.timeout(self._stall_s):
                return await self._pipe.take()
        except TimeoutError as error:
            self._process.kill()
            raise self._stalled() from error
        except EOFError as error:
            raise await self._died() from error

    async def _died(self) -> SightlineError:
        try:
            async with asyncio.timeout(_DYING_S):  # killed at once, it would not say how it died
                status = await self._process.wait()
        except TimeoutError:
            self._process.kill()
            status = await self._process.wait()
        return Unavailable(
            "DECODER_DIED",
            f"the decoder of {self._source.shown} died (exit status {status}) after {self.frames_read} "
            "frames; start it again, and if it dies again the video is too heavy or harmful",
        )

    def _stalled(self) -> SightlineError:
        waited = f"{self._source.shown} gave no frame for {self._stall_s:.0f} s"
        if self._source.live:
            return Unavailable("CAMERA_SILENT", f"{waited}; check the camera and its network")
        return InvalidInput("VIDEO_UNREADABLE", f"{waited}; the file or its disk is damaged")

    def _finish(self, ending: Ending) -> None:
        if ending.code == END_OF_STREAM and not self._source.live:
            return
        text = f"{self._source.shown}: {ending.text or 'the camera closed the connection'}"
        if ending.code == "VIDEO_UNREADABLE":
            raise InvalidInput(ending.code, f"{text}; give an intact video")
        if ending.code == "DECODER_MEMORY":
            raise self._too_large(text)
        if ending.code == "CAMERA_REFUSED":
            raise Unavailable(ending.code, f"{text}; correct the camera's credentials")
        if ending.code == "CAMERA_REDIRECTED":
            raise Unavailable(ending.code, f"{text}; give the URL of that place as the camera's source")
        if ending.code == "CAMERA_CERTIFICATE":
            raise Unavailable(
                ending.code,
                f"{text}; name who vouches for it with SIGHTLINE_CAMERA_CA_FILE, or give the camera's own certificate: "
                "`sightline cameras update … --certificate FILE`",
            )
        code = "CAMERA_SILENT" if ending.code == "CAMERA_SILENT" else "CAMERA_UNREACHABLE"
        raise Unavailable(code, f"{text}; check the camera and its network")

    def _too_large(self, text: str) -> SightlineError:
        kind = Unavailable if self._source.live else InvalidInput
        return kind("DECODER_MEMORY", f"{text}; have it send smaller pictures")


def _frame(index: int, body: NDArray[np.uint8]) -> Frame:
    media_time_s, origin_s, still_s, decoded_ns, width, height = FRAME_HEAD.unpack_from(body.data)
    if not (0 <= media_time_s < _LONGEST_S and 0 <= still_s < _LONGEST_S and abs(origin_s) < _LONGEST_S):
        raise ValueError(media_time_s)
    picture = body[FRAME_HEAD.size :].reshape(height, width, 3)
    picture.flags.writeable = False
    return Frame(index, media_time_s, picture, still_s, decoded_ns, origin_s)


@asynccontextmanager
async def open_frames(source: Source, viewing: Viewing, *, stall_s: float = STALL_S) -> AsyncIterator[FrameStream]:
    """Start a decoder for a source that was admitted; it is gone when the context ends, however it ends.

    Args:
        source: what to read.
        viewing: how to look at it.
        stall_s: seconds without a sign of life after which the decoder is killed.
    """
    with source.trust.file() as authorities:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await _start(theirs)
        _, pipe = await asyncio.get_running_loop().create_connection(FramePipe, sock=ours)
        try:
            _send(process, _request(source, viewing, authorities))
            yield FrameStream(process, pipe, source, viewing.first, stall_s)
        finally:
            pipe.close()
            await _reap(process)


async def _start(out: socket.socket) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "sightline.ingest.decoder"),
        stdin=asyncio.subprocess.PIPE,
        stdout=out.fileno(),
        env=_ENVIRONMENT,
    )


def _request(source: Source, viewing: Viewing, authorities: str) -> DecodeRequest:
    who, host = source.credentials, source.trust.host
    return DecodeRequest(
        source.opened, source.host, source.live, who.username, who.password, viewing, host, authorities
    )


def _send(process: Process, request: DecodeRequest) -> None:
    if process.stdin is not None:
        process.stdin.write(request.to_line())


async def _reap(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await asyncio.shield(process.wait())
