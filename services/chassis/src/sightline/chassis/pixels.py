"""Pixels of every kind that Pillow knows, as upright 8-bit RGB."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SCALES = (1.0, 255.0, 65535.0)


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """(height, width, 3) RGB of an opened picture; transparency is laid over white."""
    if image.mode.startswith("I") or image.mode == "F":
        return _from_numbers(np.asarray(image))
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        image = Image.new("RGBA", image.size, "white")
        image.alpha_composite(with_alpha)
    return np.array(image.convert("RGB"))


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo an EXIF orientation (1..8; anything else counts as 1, upright).

    Args:
        pixels: (height, width, 3) as stored.
        orientation: EXIF tag 0x0112: 1 to 4 are 0 and 180 degrees, 5 to 8 swap height and width.
    """
    match orientation:
        case 2:
            turned = pixels[:, ::-1]
        case 3:
            turned = pixels[::-1, ::-1]
        case 4:
            turned = pixels[::-1]
        case 5:
            turned = pixels.swapaxes(0, 1)
        case 6:
            turned = np.rot90(pixels, -1)
        case 7:
            turned = pixels[::-1, ::-1].swapaxes(0, 1)
        case 8:
            turned = np.rot90(pixels)
        case _:
            turned = pixels
    return np.ascontiguousarray(turned)


def _from_numbers(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey of 16 bits, 32 bits or floats; their white is the smallest of 1, 255 and 65,535 that holds them.

    Integers are never scaled from 1: Pillow's own conversion clips them at 255, which makes 16 bits white.
    """
    finite = np.nan_to_num(values.astype(np.float32), posinf=_SCALES[-1], neginf=0.0)
    if values.dtype == np.uint16:
        white = _SCALES[-1]
    else:
        is_float = values.dtype.kind == "f"
        white = next((s for s in _SCALES if (is_float or s > 1) and finite.max() <= s), _SCALES[-1])
    grey = np.clip(np.rint(finite * (255.0 / white)), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
