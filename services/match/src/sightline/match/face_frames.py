"""How changes of an index travel to the process that builds a new one: a line of JSON, then the vectors as float32."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.match.index import IndexedFace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO


def put_frame(faces: Sequence[IndexedFace]) -> bytes:
    """Faces that are added or replaced."""
    names = [(face.face_id, face.watchlist_id, face.person_id, face.digest.hex()) for face in faces]
    vectors = np.stack([face.vector for face in faces]).astype("<f4")
    return _line({"put": names, "bytes": vectors.nbytes}) + vectors.tobytes()


def remove_frame(face_ids: Sequence[str]) -> bytes:
    """Faces that are removed."""
    return _line({"remove": list(face_ids)})


def end_frame() -> bytes:
    """The last frame: without it whoever sent the others has died."""
    return _line({"end": True})


def read_frames(stream: BinaryIO) -> Iterator[list[IndexedFace] | list[str]]:
    """Faces to put, or ids to remove, in their order. Raises EOFError where the stream ends too early."""
    while line := stream.readline():
        facts = json.loads(line)
        if "end" in facts:
            return
        yield _faces(facts, stream) if "put" in facts else facts["remove"]
    raise EOFError


def _faces(facts: dict[str, Any], stream: BinaryIO) -> list[IndexedFace]:
    content = stream.read(facts["bytes"])
    if len(content) < facts["bytes"]:
        raise EOFError
    vectors = np.frombuffer(content, "<f4").reshape(len(facts["put"]), -1)
    named = zip(facts["put"], vectors, strict=True)
    return [
        IndexedFace(face, watchlist, person, vector, bytes.fromhex(digest))
        for (face, watchlist, person, digest), vector in named
    ]


def _line(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, separators=(",", ":")).encode() + b"\n"
