"""Pixels of every kind that Pillow knows, as upright 8-bit RGB."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SCALES = (1.0, 255.0, 65535.0)
_AT_ONCE = 1 << 21
"""Pixels that are converted together: conversions take up to 20 bytes for each, beside the picture."""


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """(height, width, 3) RGB of an opened picture; transparency is laid over white."""
    image.load()
    white = _white(image) if image.mode.startswith("I") or image.mode == "F" else None
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    rows = max(1, _AT_ONCE // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        pixels[top : top + rows] = _from_colours(strip) if white is None else _from_numbers(strip, white)
    return pixels


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


def _from_colours(strip: Image.Image) -> NDArray[np.uint8]:
    if strip.has_transparency_data:
        with_alpha = strip.convert("RGBA")
        strip = Image.new("RGBA", strip.size, "white")
        strip.alpha_composite(with_alpha)
    return np.asarray(strip.convert("RGB"))


def _from_numbers(strip: Image.Image, white: float) -> NDArray[np.uint8]:
    grey = np.clip(np.rint(_finite(np.asarray(strip)) * (255.0 / white)), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _white(image: Image.Image) -> float:
    """Of grey of 16 bits, 32 bits or floats: the smallest of 1, 255 and 65,535 that holds all of it.

    Integers are never scaled from 1: Pillow's own conversion clips them at 255, which makes 16 bits white.
    """
    values = np.asarray(image)
    if values.dtype == np.uint16:
        return _SCALES[-1]
    is_float = values.dtype.kind == "f"
    most = max(float(_finite(row).max()) for row in values)
    return next((s for s in _SCALES if (is_float or s > 1) and most <= s), _SCALES[-1])


def _finite(values: NDArray[Any]) -> NDArray[np.float32]:
    return np.nan_to_num(values.astype(np.float32), posinf=_SCALES[-1], neginf=0.0)
