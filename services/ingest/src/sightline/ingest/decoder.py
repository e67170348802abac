"""The decoder process: one source in, sampled frames out on standard output.

Run as `python -m sightline.ingest.decoder`. FFmpeg reads bytes from strangers, so it runs here, apart from
the service, with bounded memory and CPU, and reaches little more than its source: see `limits`, `landlock` and
`seccomp`, which also say what they cannot enforce.
"""

from __future__ import annotations

import math
import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from sightline.chassis.landlock import Reach, confine
from sightline.chassis.process_limits import grant_cpu, restrict_process
from sightline.chassis.seccomp import give_up_calls
from sightline.ingest.container import Missed
from sightline.ingest.decode_request import Orders
from sightline.ingest.footage import open_footage
from sightline.ingest.frame_record import END_OF_STREAM, Ending, Progress, frame_prefix
from sightline.ingest.motion_gate import GATE_WIDTH, MotionGate
from sightline.ingest.privacy_masks import PrivacyMasks
from sightline.ingest.sampling import Sampler
from sightline.ingest.unreadable import Unreadable

if TYPE_CHECKING:
    from sightline.ingest.decode_request import DecodeRequest
    from sightline.ingest.footage import Footage, Image

BEAT_S = 2.0
MEMORY_BYTES = 4 << 30
"""An 8K H.264 stream with its 16 reference frames takes about 1 GiB."""
PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


class Decoder:
    """Writes the sampled frames of one source."""

    def __init__(self, request: DecodeRequest, orders: Orders, out: BinaryIO) -> None:
        self._orders = orders
        self._out = out
        self._sampler = Sampler(request.viewing.fps)
        self._masks = PrivacyMasks(request.viewing.masks)
        self._gate = MotionGate() if request.viewing.motion_gate else None
        self._passed_over = request.viewing.first
        self._awaited_s: float | None = None
        self._still = 0
        self._beat_s = time.monotonic()
        if request.viewing.origin_s is not None:
            self._go_on(request.viewing.origin_s, request.viewing.first_s)

    def write(self, footage: Footage) -> None:
        """Write records until the footage ends.

        Raises:
            EOFError: nobody wants them any more.
            Missed: the frame with which it was to go on does not come; no frame was written.
        """
        self._say(footage)
        if self._awaited_s is not None:
            footage.want_from(self._sampler.due_s)
        for stream_time, image in footage:
            if (fps := self._orders.new_fps()) is not None:
                self._sampler.change(fps)
            media_time = self._sampler.take(stream_time)
            footage.want_from(self._sampler.due_s)
            self._check_place(media_time)
            if media_time is not None and self._is_wanted() and self._has_moved(image, media_time):
                self._say(footage)
                self._write_frame(media_time, image)
            elif time.monotonic() > self._beat_s + BEAT_S:
                self._say(footage)
        self._check_place(math.inf)
        self._say(footage)

    def _go_on(self, origin_s: float, first_s: float) -> None:
        self._sampler.go_on(origin_s, first_s)
        self._passed_over, self._awaited_s = 0, first_s

    def _check_place(self, media_time_s: float | None) -> None:
        """What is found in the middle of a file is right where the first frame has the very time that it had before."""
        if self._awaited_s is None or media_time_s is None:
            return
        if media_time_s != self._awaited_s:
            raise Missed
        self._awaited_s = None

    def _is_wanted(self) -> bool:
        if not self._passed_over:
            return True
        self._passed_over -= 1
        return False

    def _has_moved(self, image: Image, media_time_s: float) -> bool:
        if self._gate is None:
            return True
        luma = image.luma(GATE_WIDTH)
        self._masks.burn(luma)
        moved = self._gate.passes(luma, media_time_s)
        self._still += not moved
        return moved

    def _write_frame(self, media_time_s: float, image: Image) -> None:
        decoded_ns = time.time_ns()
        picture = image.rgb()
        self._masks.burn(picture)
        height, width = picture.shape[:2]
        still_s = self._gate.still_s if self._gate else 0.0
        self._out.write(frame_prefix(media_time_s, self._sampler.origin_s, still_s, decoded_ns, (width, height)))
        self._out.write(picture.data)
        self._out.flush()

    def _say(self, footage: Footage) -> None:
        """Report how far it is, which is the sign of life."""
        self._out.write(Progress(footage.frames_read, self._still, footage.duration_s).to_record())
        self._out.flush()
        grant_cpu()
        self._beat_s = time.monotonic()


def decode(request: DecodeRequest, orders: Orders, out: BinaryIO) -> None:
    """Write the sampled frames of a source, then the record that says how it ended."""
    code, text = END_OF_STREAM, ""
    try:
        try:
            _write(request, orders, out)
        except Missed:
            _write(request.from_the_beginning(), orders, out)
    except Unreadable as error:
        code, text = error.code, error.text
    except MemoryError:
        code, text = "DECODER_MEMORY", "it needs more memory than a decoder may have"
    out.write(Ending(code, text).to_record())
    out.flush()


def _write(request: DecodeRequest, orders: Orders, out: BinaryIO) -> None:
    with open_footage(request) as footage:
        out.write(footage.facts.to_record())
        Decoder(request, orders, out).write(footage)
        if not request.live:
            footage.check_complete()


def reach_of(request: DecodeRequest) -> Reach:
    """What the process needs to read this source."""
    scheme, _, path = request.url.partition(":")
    if scheme in PORTS:
        return Reach(request.authorities, tcp_port=urlsplit(request.url).port or PORTS[scheme])
    return Reach(device=path) if scheme == "v4l2" else Reach(readable=path)


def main() -> None:
    """Read the request, decode, and go quietly when nobody listens any more."""
    orders = Orders(sys.stdin.fileno())
    restrict_process(MEMORY_BYTES)
    try:
        request = orders.request()
        reach = reach_of(request)
        confine(reach)
        give_up_calls(network=bool(reach.tcp_port))
        decode(request, orders, sys.stdout.buffer)
    except (BrokenPipeError, EOFError):
        os._exit(0)  # the interpreter would try to flush the broken pipe again and complain


if __name__ == "__main__":
    main()
