"""Our faces as Rekognition's: shares as percentages, our landmarks under its names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.ids import is_id
from sightline.gateway.rekognition.face_ids import to_uuid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.gateway.rekognition.call import Answer
    from sightline.v1 import face_pb2, gallery_service_pb2

LANDMARKS = {
    "left_eye": "eyeLeft",
    "right_eye": "eyeRight",
    "nose": "nose",
    "left_mouth": "mouthLeft",
    "right_mouth": "mouthRight",
}
"""Ours by Rekognition's names; both mean left and right of the picture."""
REASONS = frozenset(
    {
        *("EXCEEDS_MAX_FACES", "EXTREME_POSE", "LOW_BRIGHTNESS", "LOW_SHARPNESS", "LOW_CONFIDENCE"),
        *("SMALL_BOUNDING_BOX", "LOW_FACE_QUALITY"),
    }
)
"""Of faces that are left out, common to both."""
_FULL_TURN = 180.0


def detail(face: face_pb2.Face) -> Answer:
    """A FaceDetail, or a ComparedFace: what a detector says."""
    said: Answer = {
        "BoundingBox": box(face.bounding_box),
        "Confidence": percent(face.confidence),
        "Landmarks": _landmarks(face.landmarks),
        "Pose": {
            "Roll": _degrees(face.pose.roll),
            "Yaw": _degrees(face.pose.yaw),
            "Pitch": _degrees(face.pose.pitch),
        },
    }
    if face.HasField("quality"):
        quality = face.quality
        said["Quality"] = {"Brightness": percent(quality.brightness), "Sharpness": percent(quality.sharpness)}
    return said


def enrolled(face: gallery_service_pb2.EnrolledFace, person: gallery_service_pb2.Person | None) -> Answer:
    """A Face: one of a collection, and whose it is, where that was said."""
    said: Answer = {
        "FaceId": to_uuid(face.id),
        "BoundingBox": box(face.face.bounding_box),
        "ImageId": to_uuid(face.image_id or face.id),
        "Confidence": percent(face.face.confidence),
    }
    if face.external_image_id:
        said["ExternalImageId"] = face.external_image_id
    if person is not None and (user := user_of(person)):
        said["UserId"] = user
    return said


def user_of(person: gallery_service_pb2.Person) -> str:
    """The user that a person is; "" for one who stands for a face of nobody who is known."""
    return "" if is_lone(person.external_id) else person.external_id


def is_lone(external_id: str) -> bool:
    """Whether it is the name that match gives to whoever stands for one face."""
    prefix, _, face_id = external_id.partition(":")
    return prefix == "face" and is_id(face_id)


def box(bounding_box: face_pb2.BoundingBox) -> Answer:
    """A BoundingBox, in ratios of the upright picture, as ours are."""
    return {
        "Width": bounding_box.width,
        "Height": bounding_box.height,
        "Left": bounding_box.left,
        "Top": bounding_box.top,
    }


def by_size(faces: Iterable[face_pb2.Face]) -> list[face_pb2.Face]:
    """The largest first."""
    return sorted(faces, key=lambda face: -area(face))


def area(face: face_pb2.Face) -> float:
    """Of its box, as a share of the picture's."""
    return float(face.bounding_box.width * face.bounding_box.height)


def percent(share: float) -> float:
    """0..1 as 0..100."""
    return min(100.0, max(0.0, 100.0 * share))


def _landmarks(landmarks: face_pb2.Landmarks) -> list[Answer]:
    points = ((name, getattr(landmarks, own)) for own, name in LANDMARKS.items())
    return [{"Type": name, "X": point.x, "Y": point.y} for name, point in points]


def _degrees(angle: float) -> float:
    return min(_FULL_TURN, max(-_FULL_TURN, angle))
