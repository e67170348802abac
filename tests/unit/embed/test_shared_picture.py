"""Equal images of one request."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sightline.chassis.errors import InvalidInput
from sightline.chassis.picture import see_picture
from sightline.embed.shared_picture import SharedPicture, shared
from sightline.v1 import face_pb2


def raw(width, height):
    return face_pb2.Image(raw=face_pb2.RawImage(width=width, height=height, rgb=bytes(36)))


def test_equal_images_are_one_picture():
    """Twice the same file, and twice the same pixels, are one picture each; the same bytes in another shape are not."""
    one, other = face_pb2.Image(encoded=b"one"), face_pb2.Image(encoded=b"other")
    pictures = shared([one, other, one, raw(3, 4), raw(4, 3), raw(3, 4)], see_picture)
    assert [pictures.index(picture) for picture in pictures] == [0, 1, 0, 3, 4, 3]
    assert pictures[3]().shape == (4, 3, 3)


def test_a_picture_is_decoded_once():
    """Eight threads that ask at once get the same pixels of one decoding."""
    decoded = []

    def read():
        decoded.append(1)
        return np.zeros((2, 2, 3), np.uint8)

    picture = SharedPicture(read)
    with ThreadPoolExecutor(8) as executor:
        pixels = list(executor.map(lambda _: picture(), range(8)))
    assert len(decoded) == 1
    assert all(each is pixels[0] for each in pixels)


def test_everybody_hears_what_is_wrong():
    """A picture that cannot be read is an error for every face in it."""
    first, second = shared([face_pb2.Image(encoded=b"text")] * 2, see_picture)
    for picture in (first, second):
        with pytest.raises(InvalidInput, match="IMAGE_FORMAT"):
            picture()
