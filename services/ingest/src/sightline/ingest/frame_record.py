"""The records that the decoder process writes to its parent: a kind, a length, a body."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass

FRAME, PROGRESS, END = b"F", b"P", b"E"
PREFIX = struct.Struct("<cI")
"""Kind, and length of the body in bytes."""
FRAME_HEAD = struct.Struct("<QdII")
"""Number in the stream from 0, seconds since its first frame, width, height; RGB24 rows follow."""
PROGRESS_BODY = struct.Struct("<Qd")
"""Frames decoded so far, length in seconds (0: not known). Says that the decoder is alive while it skips frames."""

END_OF_STREAM = "end"


@dataclass(frozen=True)
class DecodeRequest:
    """What the decoder is asked to open; by standard input, as command lines show passwords to all."""

    url: str
    host: str
    live: bool
    fps: float

    def to_json(self) -> bytes:
        """The request as one JSON document."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> DecodeRequest:
        """Read what `to_json` wrote."""
        return cls(**json.loads(data))


@dataclass(frozen=True)
class Ending:
    """How the decoding ended: `end`, or the reason code of an error with a sentence about it."""

    code: str
    text: str
    frames_read: int

    def to_record(self) -> bytes:
        """The ending as a record."""
        body = json.dumps(asdict(self)).encode()
        return PREFIX.pack(END, len(body)) + body

    @classmethod
    def from_body(cls, body: bytes) -> Ending:
        """Read the body of such a record."""
        return cls(**json.loads(body))


def frame_prefix(number: int, media_time_s: float, width: int, height: int) -> bytes:
    """Everything of a frame's record that comes before its pixels."""
    length = FRAME_HEAD.size + width * height * 3
    return PREFIX.pack(FRAME, length) + FRAME_HEAD.pack(number, media_time_s, width, height)


def progress_record(frames_read: int, duration_s: float) -> bytes:
    """A record that says how many frames have been decoded, and how long the video is."""
    return PREFIX.pack(PROGRESS, PROGRESS_BODY.size) + PROGRESS_BODY.pack(frames_read, duration_s)
