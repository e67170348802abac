"""The decoder process: one source in, sampled frames out on standard output.

Run as `python -m sightline.ingest.decoder`. FFmpeg reads bytes from strangers, so it runs here, apart from
the service, with bounded memory and CPU.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from sightline.ingest.container import Unreadable, Video, open_video
from sightline.ingest.frame_record import END_OF_STREAM, DecodeRequest, Ending, frame_prefix, progress_record
from sightline.ingest.limits import grant_cpu, restrict_process
from sightline.ingest.sampling import Sampler

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

BEAT_S = 2.0


def decode(request: DecodeRequest, out: BinaryIO) -> None:
    """Write the sampled frames of a source, then the record that says how it ended."""
    video: Video | None = None
    code, text = END_OF_STREAM, ""
    try:
        with open_video(request) as video:
            _write_frames(video, Sampler(request.fps), out)
            if not request.live:
                video.check_complete()
    except Unreadable as error:
        code, text = error.code, error.text
    except MemoryError:
        code, text = "VIDEO_UNREADABLE", "it needs more memory than a decoder may have"
    out.write(Ending(code, text, video.frames_read if video else 0).to_record())
    out.flush()


def _write_frames(video: Video, sampler: Sampler, out: BinaryIO) -> None:
    out.write(progress_record(0, video.duration_s))
    beat = time.monotonic()
    for stream_time, frame in video:
        media_time = sampler.take(stream_time)
        if media_time is not None:
            _write_frame(out, video.frames_read - 1, media_time, frame)
        elif time.monotonic() < beat + BEAT_S:
            continue
        else:
            out.write(progress_record(video.frames_read, video.duration_s))
        out.flush()
        grant_cpu()
        beat = time.monotonic()


def _write_frame(out: BinaryIO, number: int, media_time_s: float, frame: VideoFrame) -> None:
    picture = _upright(frame)
    height, width = picture.shape[:2]
    out.write(frame_prefix(number, media_time_s, width, height))
    out.write(picture.data)


def _upright(frame: VideoFrame) -> NDArray[np.uint8]:
    picture = frame.to_ndarray(format="rgb24")
    # Telephones record lying pictures with a rotation (degrees, counter-clockwise) beside them.
    turned = np.rot90(picture, round(frame.rotation / 90) % 4)
    return np.ascontiguousarray(turned, dtype=np.uint8)


def main() -> None:
    """Read the request from standard input, decode, and go quietly when nobody listens any more."""
    request = DecodeRequest.from_json(sys.stdin.buffer.read())
    restrict_process()
    try:
        decode(request, sys.stdout.buffer)
    except BrokenPipeError:
        os._exit(0)  # the interpreter would try to flush the broken pipe again and complain


if __name__ == "__main__":
    main()
