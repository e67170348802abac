"""Enrolled faces as Rekognition shows them in matches."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.v1.events_pb2 import Candidate
    from sightline.v1.face_pb2 import BoundingBox

_LONE = "face:"
_UUID_BYTES = 16


def face_uuid(face_id: str) -> str:
    """What Rekognition calls FaceId: the first 128 of the 130 bits of ours."""
    return str(uuid.UUID(bytes=base64.b32decode(face_id.upper() + "======")[:_UUID_BYTES]))


def matched_face(person: Candidate) -> dict[str, Any]:
    """A `Face` of a match. `UserId` is left out where the face is nobody's."""
    face: dict[str, Any] = {"FaceId": face_uuid(person.face_id)}
    if person.external_id and not person.external_id.startswith(_LONE):
        face["UserId"] = person.external_id
    return face


def face_match(person: Candidate) -> dict[str, Any]:
    """A `FaceMatch`."""
    return {"Similarity": person.similarity, "Face": matched_face(person)}


def box_of(box: BoundingBox) -> dict[str, float]:
    """A `BoundingBox`."""
    return {"Left": box.left, "Top": box.top, "Width": box.width, "Height": box.height}
