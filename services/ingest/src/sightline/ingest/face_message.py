"""A face of a frame as the contracts have it: what the detector says, in ratios of the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.v1 import face_pb2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sightline.ingest.face import FaceQuality, HeadPose, SeenFace


def face_message(face: SeenFace, size: tuple[int, int]) -> face_pb2.Face:
    """The face.

    Args:
        face: in pixels of its frame.
        size: the frame's width and height.
    """
    left, top, right, bottom = (float(edge) / side for edge, side in zip(face.box, (*size, *size), strict=True))
    return face_pb2.Face(
        bounding_box=box_message((left, top, right, bottom)),
        landmarks=landmarks_message(face.landmarks / size),
        confidence=face.score,
        pose=pose_message(face.pose),
        quality=quality_message(face.quality),
    )


def box_message(ratios: tuple[float, ...]) -> face_pb2.BoundingBox:
    """The box with these edges: left, top, right, bottom."""
    left, top, right, bottom = ratios
    return face_pb2.BoundingBox(left=left, top=top, width=right - left, height=bottom - top)


def landmarks_message(ratios: NDArray[np.floating]) -> face_pb2.Landmarks:
    """The five points, (5, 2)."""
    points = [face_pb2.Point(x=float(x), y=float(y)) for x, y in ratios]
    left_eye, right_eye, nose, left_mouth, right_mouth = points
    return face_pb2.Landmarks(
        left_eye=left_eye, right_eye=right_eye, nose=nose, left_mouth=left_mouth, right_mouth=right_mouth
    )


def pose_message(pose: HeadPose) -> face_pb2.Pose:
    """How the head is turned."""
    return face_pb2.Pose(yaw=pose.yaw, pitch=pose.pitch, roll=pose.roll)


def quality_message(quality: FaceQuality) -> face_pb2.Quality:
    """How well the face can be recognised."""
    return face_pb2.Quality(
        overall=quality.overall,
        sharpness=quality.sharpness,
        brightness=quality.brightness,
        inter_eye_distance=quality.inter_eye_px,
    )
