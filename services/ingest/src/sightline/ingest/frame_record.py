"""The records that the decoder process writes to its parent: a kind, a length, a body."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, astuple, dataclass

MAX_PIXELS = 50_000_000
"""Of a frame: 8K video has 33 million, and pictures of a folder may have 50."""
FRAME, PROGRESS, FACTS, END = b"F", b"P", b"V", b"E"
PREFIX = struct.Struct("<cI")
"""Kind, and length of the body in bytes."""
FRAME_HEAD = struct.Struct("<dddQII")
"""Media time, its origin and still time in seconds, when it was decoded in ns since 1970, width, height; RGB24 rows
follow."""
MAX_BODY = FRAME_HEAD.size + 3 * MAX_PIXELS
_PROGRESS = struct.Struct("<QQd")

END_OF_STREAM = "end"


@dataclass(frozen=True)
class Progress:
    """How far the decoder is; with every frame, and as a sign of life while it passes frames over."""

    frames_read: int = 0
    """Decoded, sampled or not."""
    frames_still: int = 0
    """Sampled, and passed over as nothing moved in them."""
    duration_s: float = 0.0
    """Of the whole as it states it; 0 where it does not."""

    def to_record(self) -> bytes:
        """As a record."""
        return PREFIX.pack(PROGRESS, _PROGRESS.size) + _PROGRESS.pack(*astuple(self))

    @classmethod
    def from_body(cls, body: bytes) -> Progress:
        """Read the body of such a record. Raises struct.error."""
        return cls(*_PROGRESS.unpack(body))


@dataclass(frozen=True)
class Ending:
    """How the decoding ended: `end`, or the reason code of an error with a sentence about it."""

    code: str
    text: str

    def to_record(self) -> bytes:
        """As a record."""
        body = json.dumps(asdict(self)).encode()
        return PREFIX.pack(END, len(body)) + body

    @classmethod
    def from_body(cls, body: bytes) -> Ending:
        """Read the body of such a record. Raises ValueError or TypeError."""
        return cls(**json.loads(body))


def frame_prefix(media_time_s: float, origin_s: float, still_s: float, decoded_ns: int, size: tuple[int, int]) -> bytes:
    """Everything of a frame's record that comes before its pixels; `size` is (width, height)."""
    width, height = size
    length = FRAME_HEAD.size + width * height * 3
    return PREFIX.pack(FRAME, length) + FRAME_HEAD.pack(media_time_s, origin_s, still_s, decoded_ns, width, height)
