"""One decoded frame: all of it as people see it, and small and grey for the motion gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

_BYTE = 8


class DecodedFrame:
    """A frame of a video stream."""

    def __init__(self, frame: VideoFrame) -> None:
        self._frame = frame
        # Telephones record lying pictures with a rotation (degrees, counter-clockwise) beside them.
        self._quarters = round(frame.rotation / 90) % 4

    def rgb(self) -> NDArray[np.uint8]:
        """(height, width, 3), upright."""
        # FFmpeg converts 1080p in 1.4 ms; OpenCV takes 2.5 ms and knows no colour spaces. Otherwise it would start a
        # thread for each processor, for this frame alone.
        picture = self._frame.to_ndarray(format="rgb24", threads=1)
        return np.ascontiguousarray(np.rot90(picture, self._quarters), np.uint8)

    def luma(self, width: int) -> NDArray[np.uint8]:
        """About (height, width), upright, averaged over blocks."""
        return np.ascontiguousarray(np.rot90(self._small(width), self._quarters), np.uint8)

    def _small(self, width: int) -> NDArray[np.uint8]:
        frame = self._frame
        width = min(width, frame.width)
        height = max(1, round(frame.height * width / frame.width))
        if not _has_luma_plane(frame):
            return np.asarray(frame.reformat(width, height, "gray").to_ndarray(), np.uint8)
        plane = frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
        every = max(1, frame.height // (2 * height))  # of the rows half as many as there are would do
        return np.asarray(cv2.resize(rows[::every], (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _has_luma_plane(frame: VideoFrame) -> bool:
    kind = frame.format
    return kind.is_planar and not kind.is_rgb and not kind.has_palette and kind.components[0].bits == _BYTE
