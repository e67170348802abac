"""What a decoder reads: a video or a folder of pictures, image by image."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sightline.ingest.container import open_video

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from sightline.ingest.decode_request import DecodeRequest
    from sightline.ingest.video_facts import VideoFacts


class Image(Protocol):
    """A frame or picture, upright."""

    def rgb(self) -> NDArray[np.uint8]:
        """(height, width, 3)."""

    def luma(self, width: int) -> NDArray[np.uint8]:
        """About (height, width), averaged."""


class Footage(Protocol):
    """What is read: a video or a folder."""

    facts: VideoFacts
    duration_s: float
    frames_read: int

    def __iter__(self) -> Iterator[tuple[float, Image]]:
        """Every image with its time in seconds."""

    def want_from(self, stream_time_s: float) -> None:
        """Says that images before that time need not be given."""

    def check_complete(self) -> None:
        """Raises Unreadable where something is missing."""


@contextmanager
def open_footage(request: DecodeRequest) -> Iterator[Footage]:
    """Open what the request names. Raises Unreadable."""
    scheme, _, path = request.url.partition(":")
    if scheme == "folder":
        from sightline.ingest.picture_folder import PictureFolder  # noqa: PLC0415 - Pillow is of no use to videos

        yield PictureFolder(Path(path), request.viewing.fps)
    else:
        with open_video(request) as video:
            yield video
