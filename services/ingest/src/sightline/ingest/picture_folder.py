"""A folder of pictures as if it were a video: in the order of their names, one frame each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.chassis.picture import MAX_BYTES, decode_picture
from sightline.ingest.unreadable import Unreadable
from sightline.ingest.video_facts import VideoFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".ppm"})


class Picture:
    """A picture that takes the place of a frame."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._pixels = pixels

    def rgb(self) -> NDArray[np.uint8]:
        """(height, width, 3), upright."""
        return np.ascontiguousarray(self._pixels)

    def luma(self, width: int) -> NDArray[np.uint8]:
        """About (height, width), averaged over blocks."""
        height, whole = self._pixels.shape[:2]
        size = (min(width, whole), max(1, round(height * min(width, whole) / whole)))
        small = cv2.resize(self._pixels, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


class PictureFolder:
    """The pictures of one folder, `fps` of them for a second of media time. Links and subfolders are left alone.

    Raises:
        Unreadable: VIDEO_UNREADABLE, the folder cannot be read.
    """

    def __init__(self, path: Path, fps: float) -> None:
        try:
            with os.scandir(path) as entries:
                self._files = sorted(Path(entry.path) for entry in entries if _is_picture(entry))
        except OSError as error:
            raise Unreadable("VIDEO_UNREADABLE", f"the folder cannot be read ({error.strerror})") from error
        self._fps = fps
        self._damaged: list[str] = []
        self.facts = VideoFacts()
        self.duration_s = len(self._files) / fps
        self.frames_read = 0

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        """Every picture that can be read, with its media time in seconds."""
        for place, path in enumerate(self._files):
            try:
                picture = Picture(decode_picture(_bytes_of(path)))
            except (InvalidInput, OSError):
                self._damaged.append(path.name)
                continue
            self.frames_read += 1
            yield place / self._fps, picture

    def want_from(self, stream_time_s: float) -> None:
        """See Video; all pictures are given."""

    def check_complete(self) -> None:
        """Say so where pictures could not be read. Raises Unreadable VIDEO_UNREADABLE."""
        if not self._files:
            raise Unreadable("VIDEO_UNREADABLE", f"there is no picture in it ({', '.join(sorted(SUFFIXES))})")
        if self._damaged:
            count = f"{len(self._damaged)} of its {len(self._files)} pictures"
            raise Unreadable("VIDEO_UNREADABLE", f"{count} cannot be read, the first of them {self._damaged[0]!r}")


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and Path(entry.name).suffix.lower() in SUFFIXES


def _bytes_of(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - there is no Path for a descriptor
        return file.read(MAX_BYTES + 1)
