"""Which sampled frames show motion: the others need not be converted, sent or searched for faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GATE_WIDTH = 240
"""Of the small pictures that are compared, in pixels."""
LONGEST_S = 2.0
"""So long at most no frame passes: what moves too little to be seen here is looked at all the same."""
# Noise of a pixel is divided by the side of the block that it is averaged over, 8 at 1080p; codecs leave a few levels.
_CHANGE = 12
# Single pixels that change are noise, rain or a clock in the picture: a patch of 3 x 3, 24 px of 1080p, is motion.
_PATCH = np.ones((3, 3), np.uint8)


class MotionGate:
    """Compares each frame with the last one that passed, so that slow motion adds up."""

    def __init__(self) -> None:
        self._passed: NDArray[np.uint8] | None = None
        self._passed_s = 0.0
        self._seen_s = 0.0
        self.still_s = 0.0
        """Media time that frames which did not pass took, in seconds."""

    def passes(self, luma: NDArray[np.uint8], media_time_s: float) -> bool:
        """Whether the frame with this small luma plane, (height, 240), is to be looked at."""
        since, self._seen_s = media_time_s - self._seen_s, media_time_s
        due = media_time_s >= self._passed_s + LONGEST_S
        if not due and self._passed is not None and not _differ(self._passed, luma):
            self.still_s += since
            return False
        self._passed, self._passed_s = luma, media_time_s
        return True


def _differ(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    if first.shape != second.shape:
        return True
    changed = (cv2.absdiff(first, second) > _CHANGE).astype(np.uint8)
    return bool(cv2.erode(changed, _PATCH, borderType=cv2.BORDER_CONSTANT, borderValue=0).any())
