"""A picture that several faces of one request lie in."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from sightline.chassis.image import read_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray

    from sightline.chassis.image import See
    from sightline.v1 import face_pb2


class SharedPicture:
    """Decodes once, whoever asks first; the others wait for that."""

    def __init__(self, read: Callable[[], NDArray[np.uint8]]) -> None:
        self._read = read
        self._lock = Lock()
        self._pixels: NDArray[np.uint8] | None = None

    def __call__(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB; raises what `read` raises."""
        with self._lock:
            if self._pixels is None:
                self._pixels = self._read()
            return self._pixels


def shared(images: Iterable[face_pb2.Image], see: See) -> list[SharedPicture]:
    """One for each image, the same one for equal images: who enrols from a group sends it once for every face.

    `see` decodes files.
    """
    known: dict[object, SharedPicture] = {}
    return [known.setdefault(_content(image), SharedPicture(partial(read_image, image, see))) for image in images]


def _content(image: face_pb2.Image) -> object:
    raw = image.raw
    return image.encoded or (raw.width, raw.height, raw.rgb)
