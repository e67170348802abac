"""Images as requests carry them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.chassis.picture import SeenPicture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.chassis.picture import UsefulScale
    from sightline.v1 import face_pb2


See: TypeAlias = Callable[[bytes, "UsefulScale"], SeenPicture]
"""Decodes a file: `see_picture`, or that of PictureDecoders, which does it in another process."""


def read_image(image: face_pb2.Image, see: See) -> NDArray[np.uint8]:
    """Pixels of an image: (height, width, 3) RGB, upright.

    Raises:
        InvalidInput: RAW_SIZE where pixels do not fill the rectangle that they claim, else as `see`.
    """
    return see_image(image, see, lambda _: 1.0).pixels


def see_image(image: face_pb2.Image, see: See, useful_scale: UsefulScale) -> SeenPicture:
    """As `read_image`, but a JPEG may be decoded at a part of its size: see `see_picture`."""
    if image.WhichOneof("content") != "raw":
        return see(image.encoded, useful_scale)
    shape = (image.raw.height, image.raw.width, 3)
    expected = image.raw.height * image.raw.width * 3
    rgb = image.raw.rgb  # a copy at every access
    if len(rgb) != expected:
        message = f"{image.raw.width} x {image.raw.height} pixels are {expected} bytes of RGB, not {len(rgb)}"
        raise InvalidInput("RAW_SIZE", message)
    return SeenPicture(np.frombuffer(rgb, np.uint8).reshape(shape), shape[1], shape[0])
