"""The part of a picture that is kept of an enrolled face: enough for another model to find and align it again."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.picture import encode_jpeg

# A square of so many distances between the eyes, or from the eyes to the mouth, whichever is longer. The chip of
# ArcFace is 3.2 of them wide, the one of dlib 2.8; the rest is room for other alignments and for a detector.
_SIDES = 5.0
_MAX_SIDE = 512
_JPEG_QUALITY = 95


def cut_reference(picture: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> tuple[bytes, NDArray[np.float32]]:
    """Cut a face out, with what is around it.

    Args:
        picture: (height, width, 3) RGB.
        landmarks: (5, 2) x, y in ratios of the picture; eyes, nose, corners of the mouth.

    Returns:
        A JPEG of at most 512 px a side, smaller where the picture ends, and the landmarks in ratios of it.
    """
    size = np.array([picture.shape[1], picture.shape[0]], np.float32)
    points = landmarks * size
    eyes, mouth = points[:2], points[3:]
    face = max(np.linalg.norm(eyes[1] - eyes[0]), np.linalg.norm(mouth.mean(0) - eyes.mean(0)))
    centre = (eyes.mean(0) + mouth.mean(0)) / 2
    first = np.floor(np.clip(centre - _SIDES / 2 * face, 0, size - 1)).astype(int)
    last = np.ceil(np.clip(centre + _SIDES / 2 * face, first + 1, size)).astype(int)
    cut = picture[first[1] : last[1], first[0] : last[0]]
    scale = _MAX_SIDE / max(cut.shape[:2])
    if scale < 1:
        cut = np.asarray(cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    inside = (points - first) / (last - first)
    return encode_jpeg(np.ascontiguousarray(cut), _JPEG_QUALITY), inside.astype(np.float32)
