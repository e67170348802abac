"""A picture fitted into an input size: scaled, placed at the upper left, black beside it."""

import cv2
import numpy as np
from numpy.typing import NDArray


def fit(picture: NDArray[np.uint8], size: tuple[int, int], *, enlarge: bool = True) -> tuple[NDArray[np.uint8], float]:
    """Fit a picture into a size, as insightface does.

    Args:
        picture: (h, w, 3).
        size: width, height of the result.
        enlarge: whether a small picture is made larger.

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
    if scaled.shape[:2] == size[::-1]:
        return scaled, new_height / height
    fitted = np.zeros((size[1], size[0], 3), np.uint8)
    fitted[:new_height, :new_width] = scaled
    return fitted, new_height / height


def _resize(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (width, height)), np.uint8)
