"""Images as requests carry them."""

import numpy as np
import pytest

from sightline.chassis.errors import InvalidInput
from sightline.chassis.image import read_image
from sightline.chassis.picture import encode_jpeg, see_picture
from sightline.v1 import face_pb2

PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def test_raw_pixels_keep_their_places():
    """Rows from the top, each pixel red, green, blue."""
    raw = face_pb2.RawImage(width=6, height=4, rgb=PIXELS.tobytes())
    assert (read_image(face_pb2.Image(raw=raw), see_picture) == PIXELS).all()


@pytest.mark.parametrize(("width", "height"), [(6, 5), (5, 4), (0, 4), (16384, 16384)])
def test_pixels_that_do_not_fill_their_rectangle_are_refused(width, height):
    """RAW_SIZE says how many bytes there should be."""
    raw = face_pb2.RawImage(width=width, height=height, rgb=PIXELS.tobytes())
    with pytest.raises(InvalidInput, match=f"RAW_SIZE.*{width * height * 3} bytes"):
        read_image(face_pb2.Image(raw=raw), see_picture)


def test_files_are_decoded():
    """Encoded images, and images without content, go through decode_picture."""
    assert read_image(face_pb2.Image(encoded=encode_jpeg(PIXELS, 95)), see_picture).shape == PIXELS.shape
    with pytest.raises(InvalidInput, match="IMAGE_EMPTY"):
        read_image(face_pb2.Image(), see_picture)
