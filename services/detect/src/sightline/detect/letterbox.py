"""A picture fitted into an input size: scaled, placed at the upper left, black beside it, as much as is wanted."""

import cv2
import numpy as np
from numpy.typing import NDArray


def fit(
    picture: NDArray[np.uint8], size: tuple[int, int], *, enlarge: bool = True, step: int | None = None
) -> tuple[NDArray[np.uint8], float]:
    """Fit a picture into a size, as insightface does.

    Args:
        picture: (h, w, 3).
        size: width, height of the result.
        enlarge: whether a small picture is made larger.
        step: leave the black away from the next multiple of it on; `size` is one, too. None: all of it stays.

    Returns:
        (height, width, 3), and the scale from the picture's pixels to the result's.
    """
    height, width = picture.shape[:2]
    if height * size[0] > width * size[1]:
        new_height = size[1]
        new_width = max(1, int(new_height / (height / width)))
    else:
        new_width = size[0]
        new_height = max(1, int(new_width * (height / width)))
    if not enlarge and new_height > height:
        new_height, new_width = height, width
    scaled = picture if new_height == height and new_width == width else _resize(picture, new_width, new_height)
    shape = size[::-1] if step is None else (_up_to(new_height, step), _up_to(new_width, step))
    if scaled.shape[:2] == shape:
        return scaled, new_height / height
    fitted = np.zeros((*shape, 3), np.uint8)
    fitted[:new_height, :new_width] = scaled
    return fitted, new_height / height


def _up_to(length: int, step: int) -> int:
    return -(-length // step) * step


def _resize(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (width, height)), np.uint8)
