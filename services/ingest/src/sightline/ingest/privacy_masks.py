"""Privacy masks: what lies behind them is painted over in the decoder, before anything else sees a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.ingest.viewing import Outline

_FRACTION_BITS = 4


class PrivacyMasks:
    """Polygons in ratios of the frame. One that crosses itself covers all that it encloses."""

    def __init__(self, outlines: Sequence[Outline]) -> None:
        self._outlines = outlines
        self._areas: dict[tuple[int, int], list[list[NDArray[np.int32]]]] = {}

    def burn(self, picture: NDArray[np.uint8]) -> None:
        """Make the areas of a (height, width, 3) or (height, width) picture black, every pixel that they touch."""
        height, width = picture.shape[:2]
        if (width, height) not in self._areas:
            self._areas[width, height] = [_area(outline, width, height) for outline in self._outlines]
        for area in self._areas[width, height]:
            # One at a time: where two areas of one call overlap OpenCV leaves a hole.
            cv2.fillPoly(picture, area, (0, 0, 0))


def _area(outline: Outline, width: int, height: int) -> list[NDArray[np.int32]]:
    """Outer borders of what the polygon encloses, in pixels."""
    corners = (np.array(outline, np.float64) * (width, height) - 0.5) * (1 << _FRACTION_BITS)
    covered = np.zeros((height, width), np.uint8)
    cv2.fillPoly(covered, [np.round(corners).astype(np.int32)], 255, shift=_FRACTION_BITS)
    borders, _ = cv2.findContours(covered, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [np.asarray(border, np.int32) for border in borders]
