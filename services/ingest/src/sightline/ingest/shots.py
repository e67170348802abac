"""Face shots: the crop that goes to the embedder, and which views of a track are worth sending."""

from __future__ import annotations

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

MAX_SHOTS = 4
GOOD_QUALITY = 0.3
IMPROVEMENT = 1.1


@dataclass(frozen=True)
class FaceCrop:
    """A square picture around one face."""

    jpeg: bytes
    landmarks: NDArray[np.float32]
    """(5, 2) in ratios of the crop."""
    side: int
    """Of the crop in pixels, at most 256."""


def cut_crop(picture: NDArray[np.uint8], face: SeenFace) -> FaceCrop:
    """Cut a square of 1.6 x the longer side of the face's box; beyond the border the picture is mirrored."""
    left, top, right, bottom = (float(edge) for edge in face.box)
    side = max(round(CROP_SCALE * max(right - left, bottom - top)), 2)
    x = round((left + right - side) / 2)
    y = round((top + bottom - side) / 2)
    rows = _mirrored(np.arange(y, y + side), picture.shape[0])
    columns = _mirrored(np.arange(x, x + side), picture.shape[1])
    crop = picture[rows[:, None], columns]
    if side > MAX_CROP_PX:
        crop = np.asarray(cv2.resize(crop, (MAX_CROP_PX, MAX_CROP_PX), interpolation=cv2.INTER_AREA), np.uint8)
    landmarks = (face.landmarks - np.array([x, y], np.float32)) / np.float32(side)
    return FaceCrop(encode_jpeg(crop, JPEG_QUALITY), landmarks.astype(np.float32), crop.shape[0])


class ShotChoice:
    """Which views of one track are sent: the first good one at once, then clearly better ones, at most four.

    A view that is not good is kept back; it goes out when the track closes without a good one, so that
    nobody passes unseen only because the light was bad.
    """

    def __init__(self) -> None:
        self.sent = 0
        self._best_sent = 0.0
        self._best_kept = 0.0

    def take(self, quality: float) -> bool:
        """Whether a view of this quality (0..1) is to be sent now; it then counts as sent."""
        if self.sent >= MAX_SHOTS or quality < max(GOOD_QUALITY, IMPROVEMENT * self._best_sent):
            return False
        self.sent += 1
        self._best_sent = quality
        return True

    def keep_back(self, quality: float) -> bool:
        """Whether a view that was not sent is the best so far of a track of which none was sent."""
        if self.sent or quality <= self._best_kept:
            return False
        self._best_kept = quality
        return True


def _mirrored(places: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    """Indices folded into 0..length-1 as in a mirror at each border, which shows the edge itself twice."""
    folded = np.mod(places, 2 * length)
    return np.asarray(np.minimum(folded, 2 * length - 1 - folded), np.int_)
