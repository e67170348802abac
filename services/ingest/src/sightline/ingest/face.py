"""A face that the detector found in a frame, in pixels of that frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.v1 import face_pb2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class HeadPose:
    """How the head is turned, in degrees."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class FaceQuality:
    """How well the face can be recognised; `overall`, `sharpness`, `brightness` 0..1."""

    overall: float
    sharpness: float
    brightness: float
    inter_eye_px: float


@dataclass(frozen=True)
class SeenFace:
    """One face of one frame."""

    box: NDArray[np.float32]
    """(4,): left, top, right, bottom in pixels; may reach over the border."""
    landmarks: NDArray[np.float32]
    """(5, 2) in pixels: left eye, right eye, nose, corners of the mouth, as the picture has them."""
    score: float
    """Of the detector, 0..1."""
    pose: HeadPose
    quality: FaceQuality
    is_sure: bool = True
    """Whether the detector is sure that it is a face, of the size that was wanted; of others the quality is 0."""


@dataclass(frozen=True)
class Wish:
    """What of a picture is wanted: faces from that size on (0: as the pack has it), and how they are looked for."""

    min_face_px: int = 0
    profile: face_pb2.DetectionProfile = face_pb2.DETECTION_PROFILE_UNSPECIFIED
