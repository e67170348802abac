"""What a tracker is given of a clip: the faces that the detector found at each moment, and who they are in truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment
from tracking_people import paint
from tracking_walks import HEIGHT, WIDTH

from sightline.chassis.face_quality import measure_quality
from sightline.detect.pose import head_pose
from sightline.ingest.face import FaceQuality, HeadPose, SeenFace
from sightline.ingest.likeness import describe
from sightline.ingest.motion import overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tracking_people import Person
    from tracking_walks import Scene

    from sightline.detect.detection import Detection
    from sightline.detect.detector import FaceDetector
    from sightline.embed.embedder import FaceEmbedder

NOBODY = ""
_LEAST_OVERLAP = 0.3
_JITTER = 0.1
"""Cameras give their frames so much of an interval too early or too late."""
_NO_POSE, _NO_QUALITY = HeadPose(0, 0, 0), FaceQuality(0, 0, 0, 0)
"""Of faces of which the detector is not sure, as in the pipeline."""


@dataclass(frozen=True)
class Moment:
    """One sampled frame."""

    time_s: float
    faces: tuple[SeenFace, ...]
    looks: NDArray[np.float32]
    people: tuple[str, ...]
    """Which appearance each face belongs to."""
    templates: NDArray[np.float32] | None = None
    """(n, dimension) of the faces, where they were asked for."""


@dataclass(frozen=True)
class Clip:
    """A clip at one sample rate."""

    name: str
    fps: int
    size: tuple[int, int]
    moments: tuple[Moment, ...]

    @property
    def present(self) -> set[str]:
        """The appearances of whom the detector was sure at least once."""
        pairs = ((face, who) for moment in self.moments for face, who in zip(moment.faces, moment.people, strict=True))
        return {who for face, who in pairs if face.is_sure and who != NOBODY}


def made_clip(
    scene: Scene,
    cast: Sequence[Person],
    fps: int,
    detector: FaceDetector,
    random: np.random.Generator,
    embedder: FaceEmbedder | None = None,
) -> Clip:
    """A made scene, seen at about so many frames a second; with an embedder its faces have templates, too."""
    time_s, moments = random.uniform(0, 1 / fps), []
    while time_s < scene.seconds:
        picture, boxes = paint(scene, cast, time_s)
        found = detector.detect(picture, unsure=True)
        seen = moment(time_s, picture, found, by_place(found, boxes))
        moments.append(replace(seen, templates=_templates(picture, found, embedder)) if embedder else seen)
        time_s += random.uniform(1 - _JITTER, 1 + _JITTER) / fps
    return Clip(scene.name, fps, (WIDTH, HEIGHT), tuple(moments))


def moment(time_s: float, picture: NDArray[np.uint8], found: Sequence[Detection], people: Sequence[str]) -> Moment:
    """As the tracker of ingest gets it."""
    faces = tuple(
        SeenFace(face.box, face.landmarks, face.score, _NO_POSE, _quality(picture, face), face.is_sure)
        for face in found
    )
    return Moment(time_s, faces, describe(picture, [face.box for face in faces]), tuple(people))


def _quality(picture: NDArray[np.uint8], face: Detection) -> FaceQuality:
    if not face.is_sure:
        return _NO_QUALITY
    quality = measure_quality(picture, face, head_pose(face.landmarks))
    return FaceQuality(quality.overall, quality.sharpness, quality.brightness, quality.inter_eye_distance)


def _templates(picture: NDArray[np.uint8], found: Sequence[Detection], embedder: FaceEmbedder) -> NDArray[np.float32]:
    chips = [embedder.align(picture, face.landmarks) for face in found]
    return embedder.embed(chips) if chips else np.empty((0, embedder.dimension), np.float32)


def by_place(found: Sequence[Detection], boxes: Sequence[NDArray[np.float32] | None]) -> list[str]:
    """Whose box each face overlaps most; the people are the numbers of the boxes."""
    people, known = [NOBODY] * len(found), [number for number, box in enumerate(boxes) if box is not None]
    if not found or not known:
        return people
    truth = np.stack([box for box in boxes if box is not None])
    overlaps = overlap(np.stack([face.box for face in found]), truth)
    for row, column in zip(*linear_sum_assignment(-overlaps), strict=True):
        if overlaps[row, column] >= _LEAST_OVERLAP:
            people[row] = str(known[column])
    return people
