"""Face shots: the crop that goes to the embedder."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.chassis.picture import encode_jpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.ingest.face import SeenFace

CROP_SCALE = 1.6
MAX_CROP_PX = 256
JPEG_QUALITY = 90


@dataclass(frozen=True)
class FaceCrop:
    """A square picture around one face."""

    jpeg: bytes
    landmarks: NDArray[np.float32]
    """(5, 2) in ratios of the crop."""
    side: int
    """Of the crop in pixels, at most 256."""
    shown: bytes = b""
    """JPEG, for people: what of the crop is in the picture, where that is not all of it."""


def cut_crop(picture: NDArray[np.uint8], face: SeenFace) -> FaceCrop:
    """Cut a square of 1.6 x the longer side of the face's box; beyond the border the picture is mirrored.

    That is for the embedder; people get what is inside, as a mirrored half makes a face that nobody has.
    """
    left, top, right, bottom = (float(edge) for edge in face.box)
    side = max(round(CROP_SCALE * max(right - left, bottom - top)), 2)
    x = round((left + right - side) / 2)
    y = round((top + bottom - side) / 2)
    rows = _mirrored(np.arange(y, y + side), picture.shape[0])
    columns = _mirrored(np.arange(x, x + side), picture.shape[1])
    crop = picture[rows[:, None], columns]
    inside = _inside(y, side, picture.shape[0]), _inside(x, side, picture.shape[1])
    if side > MAX_CROP_PX:
        crop = np.asarray(cv2.resize(crop, (MAX_CROP_PX, MAX_CROP_PX), interpolation=cv2.INTER_AREA), np.uint8)
    landmarks = (face.landmarks - np.array([x, y], np.float32)) / np.float32(side)
    jpeg, shown = encode_jpeg(crop, JPEG_QUALITY), _shown(crop, *inside)
    return FaceCrop(jpeg, landmarks.astype(np.float32), crop.shape[0], shown)


def _mirrored(places: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    """Indices folded into 0..length-1 as in a mirror at each border, which shows the edge itself twice."""
    folded = np.mod(places, 2 * length)
    return np.asarray(np.minimum(folded, 2 * length - 1 - folded), np.int_)


def _inside(start: int, side: int, length: int) -> tuple[float, float]:
    """From where to where a crop is within a border of the picture, in ratios of the crop."""
    return max(0, -start) / side, min(side, length - start) / side


def _shown(crop: NDArray[np.uint8], rows: tuple[float, float], columns: tuple[float, float]) -> bytes:
    if (rows, columns) == ((0.0, 1.0), (0.0, 1.0)):
        return b""
    (top, bottom), (left, right) = (_pixels(each, len(crop)) for each in (rows, columns))
    return encode_jpeg(np.ascontiguousarray(crop[top:bottom, left:right]), JPEG_QUALITY)


def _pixels(part: tuple[float, float], side: int) -> tuple[int, int]:
    """Those that are in it wholly; at least one of them."""
    first = min(math.ceil(part[0] * side), side - 1)
    return first, max(math.floor(part[1] * side), first + 1)
