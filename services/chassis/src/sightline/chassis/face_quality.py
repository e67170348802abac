"""How much a picture of a face is worth for recognition.

detect measures the pictures that it is sent; ingest, which sends it frames no larger than a detector needs, measures in
the whole frame.
"""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

MEASURED_SIDE = 112  # the side at which embedders look, px: detail beyond it does not count
_FLAT = 25.0  # grey variance below which contrast is noise
# Where sharpness is one half. Measured on 149 portraits: median 0.060, 5th percentile 0.022; after Gaussian blur
# of sigma 1.5 px (at 112 px) 0.011, of sigma 3 px 0.004.
_HALF_SHARP = 0.02
_ENOUGH_EYE_DISTANCE = 35.0  # px; below, an aligned 112 px chip is an enlargement
_DARK, _DIM, _BRIGHT = 0.02, 0.2, 0.85


class OutlinedFace(Protocol):
    """A face in a picture."""

    @property
    def box(self) -> NDArray[np.float32]:
        """(4,): x1, y1, x2, y2 in pixels of the whole picture; may reach outside of it."""

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """(5, 2), left eye and right eye first, in pixels of the whole picture."""


class TurnedHead(Protocol):
    """How the head is turned, in degrees."""

    @property
    def yaw(self) -> float:
        """To the side."""

    @property
    def pitch(self) -> float:
        """Up or down."""


@dataclass(frozen=True)
class Quality:
    """Measures of one face.

    Attributes:
        sharpness: 0..1; about 0.75 for a portrait, below 0.4 when blurred. From the variance of the Laplacian over
            that of the grey values, which does not depend on the light.
        brightness: mean grey of the box, 0 black .. 1 white.
        inter_eye_distance: between the eyes in the picture, px.
        overall: 0..1, the product of sharpness, size (1 from 35 px between the eyes on), exposure (1 for a
            brightness of 0.2 to 0.85) and frontality (cosines of yaw and pitch). For choosing between shots and
            refusing bad ones: the median portrait has 0.7; blurred by sigma 3 px (at 112 px) it has 0.2, and embeddings
            of different people begin to match each other.
    """

    sharpness: float
    brightness: float
    inter_eye_distance: float
    overall: float


def measure_quality(picture: NDArray[np.uint8], face: OutlinedFace, pose: TurnedHead, scale: float = 1.0) -> Quality:
    """Measure a face in its picture.

    Args:
        picture: (h, w, 3) RGB.
        face: in pixels of the whole picture.
        pose: of the face.
        scale: from the whole picture's pixels to those of `picture`, where it was reduced.
    """
    grey = _grey_face(picture, face.box * scale)
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).var()) / max(float(grey.var()), _FLAT)
    sharpness = detail / (detail + _HALF_SHARP)
    brightness = float(grey.mean()) / 255
    inter_eye_distance = float(np.linalg.norm(face.landmarks[1] - face.landmarks[0]))
    size = min(1.0, inter_eye_distance / _ENOUGH_EYE_DISTANCE)
    frontality = max(0.0, float(np.prod(np.cos(np.radians([pose.yaw, pose.pitch])))))
    overall = sharpness * size * _exposure(brightness) * frontality
    return Quality(sharpness, brightness, inter_eye_distance, overall)


def _grey_face(picture: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32]:
    """The part of the box inside the picture, (112, 112) grey 0..255; black when there is none."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = np.rint(box).clip(0, [width, height, width, height]).astype(int)
    if x1 >= x2 or y1 >= y2:
        return np.zeros((MEASURED_SIDE, MEASURED_SIDE), np.float32)
    grey = cv2.cvtColor(picture[y1:y2, x1:x2], cv2.COLOR_RGB2GRAY)
    how = cv2.INTER_AREA if min(grey.shape) > MEASURED_SIDE else cv2.INTER_LINEAR
    return cv2.resize(grey, (MEASURED_SIDE, MEASURED_SIDE), interpolation=how).astype(np.float32)


def _exposure(brightness: float) -> float:
    return float(np.interp(brightness, [_DARK, _DIM, _BRIGHT, 1.0], [0.0, 1.0, 1.0, 0.0]))
