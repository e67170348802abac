"""Which parts of a picture are looked at, and at what size."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sightline.detect.letterbox import fit

Size = tuple[int, int]

# Detectors find nearly every face of this side in their input (SCRFD-2.5g: of 12 px 10 of 24).
_TILE_FACE = 24
# A face up to this share of a tile lies whole in one of them.
_OVERLAP = 0.25
# From one grid of tiles to the next coarser: faces from 24 px to a quarter of 640 px span more than that.
_LEVEL_STEP = 4


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture, in its pixels, and the input size that it is fitted into (width, height)."""

    left: int
    top: int
    width: int
    height: int
    size: Size

    @property
    def scale(self) -> float:
        """Input pixels for one of the picture; above 1 it is enlarged."""
        return min(self.size[0] / self.width, self.size[1] / self.height)


@dataclass(frozen=True, eq=False)
class View:
    """What a window shows.

    Attributes:
        pixels: (height, width, 3) RGB of the window's input size, or of what remains of it.
        scale: from the picture's pixels to these.
        corner: (2,) float32, the window's upper left in the picture.
        limits: (4,) float32: left, top, right and bottom that a face may not cross, for it lies whole in another
            window; infinite where the window ends with the picture.
    """

    pixels: NDArray[np.uint8]
    scale: float
    corner: NDArray[np.float32]
    limits: NDArray[np.float32]


def whole(picture: Size, size: Size) -> Window:
    """The whole picture (width, height)."""
    return Window(0, 0, *picture, size)


def tiles(picture: Size, size: Size, min_face: int) -> Iterator[Window]:
    """Overlapping windows that together show every face from `min_face` pixels on large enough to be found.

    A grid of tiles in which the smallest face is 24 px of the input, then grids of four times the coverage until one
    tile shows the picture, which is left to the caller. Never enlarged.

    Args:
        picture: width, height.
        size: the input's.
        min_face: side of the smallest face, px.
    """
    factor = max(1.0, min_face / _TILE_FACE)
    while factor * size[0] < picture[0] or factor * size[1] < picture[1]:
        width, height = (min(int(factor * side), length) for side, length in zip(size, picture, strict=True))
        for top, left in product(_starts(picture[1], height), _starts(picture[0], width)):
            yield Window(left, top, width, height, size)
        factor *= _LEVEL_STEP


def show(picture: NDArray[np.uint8], window: Window, *, enlarge: bool = True, step: int | None = None) -> View:
    """Cut a window out of a (height, width, 3) picture; `enlarge` and `step` as in `fit`."""
    height, width = picture.shape[:2]
    right, bottom = window.left + window.width, window.top + window.height
    pixels, scale = fit(picture[window.top : bottom, window.left : right], window.size, enlarge=enlarge, step=step)
    ends = [(window.left, 0), (window.top, 0), (right, width), (bottom, height)]
    limits = [edge if edge != end else side * np.inf for (edge, end), side in zip(ends, (-1, -1, 1, 1), strict=True)]
    return View(pixels, scale, np.array([window.left, window.top], np.float32), np.array(limits, np.float32))


def _starts(length: int, part: int) -> list[int]:
    """Where parts begin that cover a length and overlap."""
    count = 1 + int(np.ceil((length - part) / (part * (1 - _OVERLAP))))
    return [round(start) for start in np.linspace(0, length - part, count)]
