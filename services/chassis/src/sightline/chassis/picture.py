"""Pictures: from any file that people send to RGB pixels, and back to JPEG."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sightline.chassis.errors import InvalidInput
from sightline.chassis.pixels import to_rgb, turn_upright

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "PPM")
_EXIF_ORIENTATION = 0x0112
_TURNED = 5  # orientations from here on swap width and height
# What libjpeg leaves out before it computes pixels: 12 megapixels take 70 ms, reduced by 2, 4 and 8 27, 21 and 16 ms
# (Pillow's draft mode: 114, 34, 22 and 17 ms).
_REDUCTIONS = {8: cv2.IMREAD_REDUCED_GRAYSCALE_8, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2}

UsefulScale: TypeAlias = Callable[[tuple[int, int]], float]
"""To which scale an upright picture of this width and height may be reduced; 1 or more: not at all."""


@dataclass(frozen=True, eq=False)
class SeenPicture:
    """A picture, perhaps at a half, a quarter or an eighth of its size.

    Attributes:
        pixels: (h, w, 3) RGB, upright.
        width: of the whole picture.
        height: of the whole picture.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int

    @property
    def scale(self) -> float:
        """From the whole picture's pixels to these; 1 where it is not reduced."""
        return float(max(self.pixels.shape[1] / self.width, self.pixels.shape[0] / self.height))


def decode_picture(data: bytes) -> NDArray[np.uint8]:
    """Decode a picture; of an animation or a multi-page file the first picture.

    The header alone decides whether the pixels are decoded at all: a small file can claim a huge picture.

    Args:
        data: a whole JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or PPM file, at most 20 MB and 50 megapixels.

    Returns:
        (height, width, 3) RGB, turned as EXIF says; 16 bits scaled to 8, transparency over white.

    Raises:
        InvalidInput: IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_FORMAT, IMAGE_UNREADABLE or DECODER_MEMORY.
    """
    return see_picture(data, lambda _: 1.0).pixels


def see_picture(data: bytes, useful_scale: UsefulScale) -> SeenPicture:
    """As `decode_picture`, but a JPEG that is far larger than what is needed is decoded at a part of its size."""
    check_length(data)
    try:
        with _open(data) as image:
            return _decode(image, data, useful_scale)
    except InvalidInput:
        raise
    except MemoryError as error:
        raise InvalidInput("DECODER_MEMORY", "the picture takes too much memory to decode; send it smaller") from error
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        message = f"the picture is damaged or cut off ({error}); send it again"
        raise InvalidInput("IMAGE_UNREADABLE", message) from error


def check_length(data: bytes) -> None:
    """Raises InvalidInput IMAGE_EMPTY or IMAGE_TOO_LARGE."""
    if not data:
        raise InvalidInput("IMAGE_EMPTY", "the picture has no bytes; send the file's content")
    if len(data) > MAX_BYTES:
        raise InvalidInput("IMAGE_TOO_LARGE", f"{len(data)} bytes; send at most {MAX_BYTES}")


def encode_jpeg(picture: NDArray[np.uint8], quality: int) -> bytes:
    """Encode a (height, width, 3) RGB picture as a JPEG file without metadata; quality 1..100."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(encoded)


def _open(data: bytes) -> Image.Image:
    """Read the header and refuse what shall not be decoded."""
    try:
        image = Image.open(BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError as error:
        message = f"this is none of {', '.join(_FORMATS)}, or its header is damaged; convert it"
        raise InvalidInput("IMAGE_FORMAT", message) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidInput("IMAGE_TOO_LARGE", f"send at most {MAX_PIXELS} pixels") from error
    if image.width * image.height > MAX_PIXELS:
        message = f"{image.width} x {image.height}; send at most {MAX_PIXELS} pixels"
        raise InvalidInput("IMAGE_TOO_LARGE", message)
    return image


def _decode(image: Image.Image, data: bytes, useful_scale: UsefulScale) -> SeenPicture:
    if image.format in ("JPEG", "MPO") and image.mode in ("RGB", "L"):
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
        width, height = image.size[::-1] if _TURNED <= orientation <= 8 else image.size  # noqa: PLR2004 - the last
        scale = useful_scale((width, height))
        flags = next((flag for factor, flag in _REDUCTIONS.items() if scale * factor <= 1), 0)
        return SeenPicture(turn_upright(_decode_jpeg(data, flags), orientation), width, height)
    pixels = to_rgb(image)
    # Asked only now: Pillow turns TIFF itself while it decodes, and PNG may say it behind the pixels.
    upright = turn_upright(pixels, image.getexif().get(_EXIF_ORIENTATION, 1))
    return SeenPicture(upright, upright.shape[1], upright.shape[0])


def _decode_jpeg(data: bytes, reduction: int) -> NDArray[np.uint8]:
    # A quarter faster than Pillow for the format that cameras send, and other threads run meanwhile.
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION | reduction
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise InvalidInput("IMAGE_UNREADABLE", "the JPEG is damaged or cut off; send it again")
    return np.asarray(pixels, np.uint8)
