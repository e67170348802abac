"""Many squares of one image at once, each scaled to the same small side."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def cut_squares(image: Floats, squares: Floats, side: int) -> Floats:
    """Sample squares bilinearly, as TensorFlow's `crop_and_resize` does.

    Sample k of S lies at (y1 + (y2 - y1) * k / (S - 1)) * (H - 1) / H; outside the image everything is 0.

    Args:
        image: (H, W, 3), centred so that 0 is mid grey.
        squares: (n, 4) x1, y1, x2, y2 in pixels; at most 32767 / side of them (OpenCV's limit).
        side: S, samples per axis.

    Returns:
        (n, 3, S, S).
    """
    height, width = image.shape[:2]
    if not len(squares):
        return np.empty((0, 3, side, side), np.float32)
    steps = np.linspace(0, 1, side, dtype=np.float32)
    x1, y1, x2, y2 = squares.T[:, :, None]
    xs = (x1 + (x2 - x1) * steps) * ((width - 1) / width)
    ys = (y1 + (y2 - y1) * steps) * ((height - 1) / height)
    shape = (len(squares), side, side)
    x_map = np.broadcast_to(xs[:, None, :], shape).reshape(-1, side).astype(np.float32)
    y_map = np.broadcast_to(ys[:, :, None], shape).reshape(-1, side).astype(np.float32)
    samples = cv2.remap(image, x_map, y_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.ascontiguousarray(samples.reshape(*shape, 3).transpose(0, 3, 1, 2), np.float32)
