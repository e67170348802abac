"""What a video is, as its container and codec say it: told once by the decoder, before the first frame."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sightline.ingest.frame_record import FACTS, PREFIX

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

LIMITED, FULL = "limited", "full"
_RANGES = {1: LIMITED, 2: FULL}
"""By FFmpeg's numbers, AVCOL_RANGE_MPEG and AVCOL_RANGE_JPEG."""
_UNSAID_RANGES = {"h264": LIMITED, "hevc": LIMITED, "mpeg4": LIMITED}
"""Of videos that do not say it, by codec, as the codec's standard has it: ITU-T H.264, E.2.1, and H.265, E.3.1, infer a
video_full_range_flag of 0; ISO/IEC 14496-2, 6.3.2, a video_range of 0."""
# Bare streams: FFmpeg makes a rate up where they have none, and does not say so.
_RATELESS_FORMATS = frozenset({"mjpeg", "mpjpeg", "h264", "hevc", "obu"})
_LONGEST_NAME = 128


@dataclass(frozen=True)
class VideoFacts:
    """What is not known is empty, or 0."""

    codec: str = ""
    """As FFmpeg names it, as h264."""
    format: str = ""
    """Of the container, in FFmpeg's words, as QuickTime / MOV."""
    fps: float = 0.0
    """Frames per second, on average."""
    color_range: str = ""
    """Of luma: limited (16 to 235) or full (0 to 255); also where the codec's standard says what it is if unsaid."""

    def to_record(self) -> bytes:
        """As a record."""
        body = json.dumps(asdict(self)).encode()
        return PREFIX.pack(FACTS, len(body)) + body

    @classmethod
    def from_body(cls, body: bytes) -> VideoFacts:
        """Read the body of such a record. Raises ValueError or TypeError."""
        facts = cls(**json.loads(body))
        if not all(map(_is_name, (facts.codec, facts.format))):
            raise ValueError(facts)
        if not (math.isfinite(facts.fps) and facts.fps >= 0 and facts.color_range in ("", LIMITED, FULL)):
            raise ValueError(facts)
        return facts


def _is_name(text: object) -> bool:
    return isinstance(text, str) and len(text) <= _LONGEST_NAME and text.isascii() and text.isprintable()


def facts_of(container: InputContainer, stream: VideoStream) -> VideoFacts:
    """What an opened container says of one of its streams."""
    rate = stream.average_rate if container.format.name not in _RATELESS_FORMATS else None
    codec = stream.codec_context.codec.canonical_name
    color_range = _RANGES.get(stream.codec_context.color_range) or _UNSAID_RANGES.get(codec, "")
    return VideoFacts(codec, container.format.long_name, float(rate or 0), color_range)
