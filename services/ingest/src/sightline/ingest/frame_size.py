"""In which size frames are sent to detect: no larger than its detector has a use for.

A frame of 1080p costs 50 ms of processor time on its way to detect, and one of 640 x 360, which is what a detector of
that input makes of it, 3 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from sightline.ingest.face import Wish

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_RAW_BYTES = 31_457_280
"""Of one picture in a request (face.proto)."""
_WORTH_IT = 0.75
"""A picture that would be reduced less is sent as it is."""
_KEPT = 256

_Kind: TypeAlias = tuple[int, int, Wish]


class FrameSizes:
    """What detect said of frames of each size and wish."""

    def __init__(self) -> None:
        self._scales: dict[_Kind, float] = {}

    def reduce(self, picture: NDArray[np.uint8], wish: Wish) -> NDArray[np.uint8]:
        """The picture, (height, width, 3) RGB, in the size in which it is to be sent."""
        most = (MAX_RAW_BYTES / picture.nbytes) ** 0.5
        scale = self._scales.get(_kind(picture, wish), 1.0)
        if most >= 1 and scale > _WORTH_IT:
            return picture
        fit = round if scale < most else int
        size = (max(1, fit(picture.shape[1] * min(scale, most))), max(1, fit(picture.shape[0] * min(scale, most))))
        # As detect itself would, so that it finds the same.
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)

    def learn(self, picture: NDArray[np.uint8], wish: Wish, sent_scale: float, useful_scale: float) -> bool:
        """Note what detect said of a picture that was sent at that scale; 0: it said nothing.

        Returns:
            Whether such pictures are sent in another size from now on.
        """
        if not useful_scale:
            return False
        if len(self._scales) >= _KEPT:  # a source that changes its size with every frame
            self._scales.clear()
        before = self._scales.get(_kind(picture, wish), 1.0)
        scale = min(1.0, sent_scale * useful_scale)
        if abs(scale - before) < 1 / max(picture.shape):  # less than a pixel
            return False
        self._scales[_kind(picture, wish)] = scale
        return min(scale, before) <= _WORTH_IT


def _kind(picture: NDArray[np.uint8], wish: Wish) -> _Kind:
    return picture.shape[0], picture.shape[1], wish
