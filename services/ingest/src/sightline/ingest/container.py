"""An opened video: what FFmpeg may open, and the frames of its first video stream."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager, nullcontext
from itertools import chain
from typing import TYPE_CHECKING

import av
import av.logging

from sightline.ingest.credentials import Credentials
from sightline.ingest.opening import Said, listening
from sightline.ingest.source_url import with_credentials
from sightline.ingest.unreadable import Unreadable
from sightline.ingest.video_facts import facts_of
from sightline.ingest.video_frame import DecodedFrame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from sightline.ingest.decode_request import DecodeRequest

# After the first silence FFmpeg still gives the picture that it held back, and only after a second one an error: a
# camera that hangs is given up after twice the time for reading.
OPEN_TIMEOUT_S, READ_TIMEOUT_S = 10.0, 10.0
# Containers that name no other file or URL; playlists and concat scripts are left out for that reason.
FORMATS = "mov,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg,mjpeg,mpjpeg,mpeg_pipe,h264,hevc,ivf,obu,rtsp,sdp,rtp"
PROTOCOLS = {
    "file": "file",
    "http": "http,tcp",
    "https": "https,http,tls,tcp",
    "rtsp": "rtsp,rtp,tcp",
    "rtsps": "rtsp,rtsps,rtp,tls,tcp",
}
MAX_PIXELS = 7680 * 4320
DEVICE_FORMAT = "v4l2"
# These carry no time: FFmpeg makes one up from a rate of 25, whatever the camera really sends.
UNTIMED_FORMATS = frozenset({"mjpeg", "mpjpeg"})
# Each packet of these has its own time, and key frames are found by it. Elsewhere times are guessed from the packets
# before, or counted.
INDEXED_FORMATS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})
MAX_DAMAGED_PACKETS = 500
# Of these the pictures that no other one refers to (two of five, as x264 writes them) need not be decoded where nobody
# wants them: a third of the work. HEVC's notion is another, and newer decoders do not tell.
_SKIPPING_CODECS = frozenset({"h264"})
_ROUNDING_S = 0.002
# A container may go by the time at which a frame is decoded, which is earlier than that at which it is shown.
_SEEK_MARGINS_S = (0.0, 2.0, 10.0)


class Missed(Exception):
    """A video cannot be read from the middle on as it would be from the beginning."""


class Video:
    """The first video stream of a container, frame by frame; damaged packets are passed over and noted."""

    def __init__(self, container: InputContainer, *, live: bool, keyframes_only: bool = False) -> None:
        # PyAV's types do not say so, but a stream in a code that FFmpeg does not know has no decoder.
        if not container.streams.video or container.streams.video[0].codec_context is None:
            raise Unreadable("VIDEO_UNREADABLE", "there is no video in it that could be decoded")
        self._container = container
        self._stream: VideoStream = container.streams.video[0]
        # Frame threads would hold live frames back, and lose good ones before a damaged packet.
        self._stream.thread_type = "SLICE"
        self._stream.codec_context.thread_count = 2
        self._stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        if keyframes_only:
            self._stream.codec_context.skip_frame = "NONKEY"
        self._may_skip = not keyframes_only and self._stream.codec_context.name in _SKIPPING_CODECS
        self._wanted_s = -math.inf
        self._untimed = live and container.format.name in UNTIMED_FORMATS
        self._damaged_in_a_row = 0
        self._end_s = 0.0
        self.duration_s = self._stated_duration_s()
        """As the container says; 0 where it does not."""
        self.facts = facts_of(container, self._stream)
        self._given = 0
        self._ahead: list[VideoFrame] = []
        self.frames_read = 0
        """Intact so far, decoded or not."""

    def __iter__(self) -> Iterator[tuple[float, DecodedFrame]]:
        """Every frame with its time in seconds on the stream's own clock, from the beginning or where it goes on."""
        for frame in chain(self._ahead, self._frames()):
            self._given += 1
            yield self._time_of(frame), DecodedFrame(frame)

    def go_on_before(self, stream_time_s: float, origin_s: float) -> None:
        """Begin with a key frame at or before that time on the stream's own clock, not with the first frame.

        Only where the container has a time for each frame and says where the key frames are, and where the stream's
        clock begins at `origin_s`: so that every frame has the time that it has in a reading from the beginning.

        Raises:
            Missed: it is another kind of container, or the place is not found.
        """
        first = next(self._frames(), None)
        if self._container.format.name not in INDEXED_FORMATS or first is None or first.time != origin_s:
            raise Missed
        for margin_s in _SEEK_MARGINS_S:
            landed = self._landed(stream_time_s - margin_s)
            if landed and landed.key_frame and landed.time is not None and landed.time <= stream_time_s + _ROUNDING_S:
                self._ahead = [landed]
                return
        raise Missed

    def want_from(self, stream_time_s: float) -> None:
        """Frames before that time on the stream's clock need not all be given: nobody takes them."""
        self._wanted_s = stream_time_s

    def check_complete(self) -> None:
        """Say so where the stream ended in damaged packets or long before its stated end.

        Raises:
            Unreadable: VIDEO_UNREADABLE.
        """
        stated = self.duration_s
        early = self._end_s + max(1.0, 0.05 * stated) < stated
        if self._damaged_in_a_row or early or not self._given:
            of = f" of {stated:.1f} s" if stated else ""
            raise Unreadable("VIDEO_UNREADABLE", f"it ends in garbage after {self._end_s:.1f} s{of}")

    def _landed(self, stream_time_s: float) -> VideoFrame | None:
        """The first frame that comes after a seek to that time."""
        if self._stream.time_base is None:
            return None
        try:
            place = math.floor(stream_time_s / self._stream.time_base)
            self._container.seek(place, stream=self._stream, backward=True)
            self._damaged_in_a_row = self.frames_read = 0
            return next(self._frames(), None)
        except av.FFmpegError:
            return None

    def _frames(self) -> Iterator[VideoFrame]:
        for packet in self._container.demux(self._stream):
            self._choose(packet)
            yield from self._decoded(packet)

    def _choose(self, packet: Packet[VideoStream]) -> None:
        if self._may_skip and packet.pts is not None and packet.time_base is not None:
            early = float(packet.pts * packet.time_base) < self._wanted_s - _ROUNDING_S
            self._stream.codec_context.skip_frame = "NONREF" if early else "DEFAULT"

    def _decoded(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        try:
            frames = packet.decode()
        except av.InvalidDataError as error:
            self._note_damage()
            if self._damaged_in_a_row > MAX_DAMAGED_PACKETS:
                raise Unreadable("VIDEO_UNREADABLE", "its packets cannot be decoded") from error
            return []
        if packet.size and packet.is_corrupt:
            self._note_damage()
        elif packet.size:
            self._damaged_in_a_row = 0
            self.frames_read += 1
            self._note_end(packet)
        return [frame for frame in frames if isinstance(frame, av.VideoFrame)]

    def _note_damage(self) -> None:
        self._damaged_in_a_row += 1

    def _note_end(self, packet: Packet[VideoStream]) -> None:
        if packet.pts is not None and packet.time_base:
            end = packet.pts + (packet.duration or 0) - (self._stream.start_time or 0)
            self._end_s = max(self._end_s, float(end * packet.time_base))

    def _stated_duration_s(self) -> float:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        if self._container.duration and len(self._container.streams) == 1:
            return self._container.duration / av.time_base
        return 0.0

    def _time_of(self, frame: VideoFrame) -> float:
        if self._untimed:
            return time.monotonic()
        if frame.time is not None:
            return frame.time
        return (self._given - 1) / float(self._stream.average_rate or 25)


@contextmanager
def open_video(request: DecodeRequest) -> Iterator[Video]:
    """Open the source with everything switched off that would lead FFmpeg to other files or hosts.

    Raises:
        Unreadable: it cannot be opened, or reading stops with an error later on.
        Missed: it cannot be read from the middle on.
        MemoryError: it needs more than the process may have.
    """
    av.logging.set_level(None)
    try:
        with _opened(request) as container:
            viewing = request.viewing
            video = Video(container, live=request.live, keyframes_only=viewing.keyframes_only)
            if viewing.origin_s is not None:
                video.go_on_before(viewing.origin_s + viewing.first_s, viewing.origin_s)
            yield video
    except MemoryError:
        raise
    except av.InvalidDataError as error:
        raise Unreadable("VIDEO_UNREADABLE", f"it is damaged or no video ({error.strerror})") from error
    except (av.HTTPUnauthorizedError, av.HTTPForbiddenError) as error:
        raise Unreadable("CAMERA_REFUSED", "it asks for another user or password") from error
    except av.ExitError as error:  # what FFmpeg says of our own timeouts
        code = "CAMERA_SILENT" if request.live else "VIDEO_UNREADABLE"
        raise Unreadable(code, "nothing came from it for a while") from error
    except av.FFmpegError as error:
        code = "CAMERA_UNREACHABLE" if request.live else "VIDEO_UNREADABLE"
        raise Unreadable(code, error.strerror or "it cannot be read") from error


def _opened(request: DecodeRequest) -> InputContainer:
    with listening() if request.live else nullcontext(Said()) as said:
        try:
            return _open(request)
        except av.FFmpegError as error:
            if said.was_sent_away:
                raise Unreadable("CAMERA_REDIRECTED", "it sends to another place, and is not followed") from error
            if said.distrusts and request.tls_host:
                raise Unreadable("CAMERA_CERTIFICATE", "nobody who is trusted vouches for its certificate") from error
            raise


def _open(request: DecodeRequest) -> InputContainer:
    url, kind, options = _opening(request)
    return av.open(
        url,
        mode="r",
        format=kind,
        options=options,
        timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S),
        metadata_errors="replace",  # titles come in every encoding, and nobody reads them here
    )


def _opening(request: DecodeRequest) -> tuple[str, str | None, dict[str, str]]:
    """What to open, as which format (None: FFmpeg finds out), and with which options."""
    scheme, _, path = request.url.partition(":")
    if scheme == "v4l2":
        return path, DEVICE_FORMAT, {}
    options = {"format_whitelist": FORMATS, "protocol_whitelist": PROTOCOLS[scheme], "max_redirects": "0"}
    if scheme.startswith("rtsp"):
        options["rtsp_transport"] = "udp" if request.viewing.udp else "tcp"
        options["protocol_whitelist"] += ",udp" if request.viewing.udp else ""
    if request.tls_host:
        options |= {"tls_verify": "1", "verifyhost": request.tls_host, "ca_file": request.authorities}
    if request.host:
        options["headers"] = f"Host: {request.host}\r\n"
    return with_credentials(request.url, Credentials(request.username, request.password)), None, options
