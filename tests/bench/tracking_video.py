"""The shared video in which people walk through, with its list of who is visible when."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np
from inference_material import SHARED
from scipy.optimize import linear_sum_assignment
from tracking_clip import NOBODY, Clip, moment

from sightline.chassis.picture import decode_picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sightline.detect.detection import Detection
    from sightline.detect.detector import FaceDetector
    from sightline.embed.embedder import Embedder

VIDEO = SHARED / "media" / "video" / "cctv_public.mp4"
TIMELINE = VIDEO.with_name("cctv_public_timeline.csv")
_SLACK_S = 0.15
"""The list is exact to a tenth of a second."""


@dataclass(frozen=True)
class _Visit:
    name: str
    start_s: float
    end_s: float
    template: NDArray[np.float32]


class CctvVideo:
    """Reads the video and names its faces: by the list alone where one person is there, else by their likeness, too."""

    def __init__(self, detector: FaceDetector, embedder: Embedder) -> None:
        self._detector = detector
        self._embedder = embedder
        with TIMELINE.open() as file:
            self._visits = [self._visit(number, row) for number, row in enumerate(csv.DictReader(file))]

    def clip(self, fps: int) -> Clip:
        """All of it at that sample rate."""
        moments = []
        for time_s, picture in _sampled(fps):
            found = self._detector.detect(picture, unsure=True)
            moments.append(moment(time_s, picture, found, self._people(time_s, picture, found)))
        height, width = picture.shape[:2]
        return Clip("cctv_public", fps, (width, height), tuple(moments))

    def _visit(self, number: int, row: dict[str, str]) -> _Visit:
        portrait = decode_picture((SHARED / "media" / row["portrait"]).read_bytes())
        face = max(self._detector.detect(portrait), key=lambda face: face.side)
        template = self._template(portrait, face)
        return _Visit(f"{number} {row['identity']}", float(row["t_start_s"]), float(row["t_end_s"]), template)

    def _people(self, time_s: float, picture: NDArray[np.uint8], found: Sequence[Detection]) -> list[str]:
        there = [each for each in self._visits if each.start_s - _SLACK_S <= time_s <= each.end_s + _SLACK_S]
        people = [NOBODY] * len(found)
        if found and there:
            templates = np.stack([self._template(picture, face) for face in found])
            similarity = templates @ np.stack([each.template for each in there]).T
            for row, column in zip(*linear_sum_assignment(-similarity), strict=True):
                people[row] = there[column].name
        return people

    def _template(self, picture: NDArray[np.uint8], face: Detection) -> NDArray[np.float32]:
        return self._embedder.embed([self._embedder.align(picture, face.landmarks)])[0]


def _sampled(fps: int) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    due = 0.0
    with av.open(str(VIDEO)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due:
                due += 1 / fps
                yield frame.time, frame.to_ndarray(format="rgb24")
