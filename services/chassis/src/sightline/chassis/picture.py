"""Pictures: from any file that people send to RGB pixels, and back to JPEG."""

from io import BytesIO

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


def decode_picture(data: bytes) -> NDArray[np.uint8]:
    """Decode a picture; of an animation or a multi-page file the first picture.

    The header alone decides whether the pixels are decoded at all: a small file can claim a huge picture.

    Args:
        data: a whole JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or PPM file, at most 20 MB and 50 megapixels.

    Returns:
        (height, width, 3) RGB, turned as EXIF says; 16 bits scaled to 8, transparency over white.

    Raises:
        InvalidInput: IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_FORMAT or IMAGE_UNREADABLE.
    """
    if not data:
        raise InvalidInput("IMAGE_EMPTY", "the picture has no bytes; send the file's content")
    if len(data) > MAX_BYTES:
        raise InvalidInput("IMAGE_TOO_LARGE", f"{len(data)} bytes; send at most {MAX_BYTES}")
    try:
        with _open(data) as image:
            return _decode(image, data)
    except InvalidInput:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        message = f"the picture is damaged or cut off ({error}); send it again"
        raise InvalidInput("IMAGE_UNREADABLE", message) from error


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


def _decode(image: Image.Image, data: bytes) -> NDArray[np.uint8]:
    is_plain_jpeg = image.format in ("JPEG", "MPO") and image.mode in ("RGB", "L")
    pixels = _decode_jpeg(data) if is_plain_jpeg else to_rgb(image)
    # Asked only now: Pillow turns TIFF itself while it decodes, and PNG may say it behind the pixels.
    return turn_upright(pixels, image.getexif().get(_EXIF_ORIENTATION, 1))


def _decode_jpeg(data: bytes) -> NDArray[np.uint8]:
    # A quarter faster than Pillow for the format that cameras send, and other threads run meanwhile.
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise InvalidInput("IMAGE_UNREADABLE", "the JPEG is damaged or cut off; send it again")
    return np.asarray(pixels, np.uint8)
