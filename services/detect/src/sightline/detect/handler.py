"""The use case: find the faces of some pictures, and say of each how it is turned and how good it is."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import structlog
from prometheus_client import Counter, Histogram

from sightline.chassis.errors import Internal, InvalidInput, SightlineError
from sightline.chassis.face_quality import MEASURED_SIDE, Quality, measure_quality
from sightline.chassis.picture import SeenPicture
from sightline.detect.detection import wanted
from sightline.detect.pose import Pose, head_pose
from sightline.detect.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from prometheus_client import CollectorRegistry

    from sightline.chassis.picture import UsefulScale
    from sightline.detect.detector import Detection, FaceDetector

log = structlog.get_logger()

MAX_FACES = 100
_TRIAL = (640, 480)
# Trimmed, their inputs are the narrowest that there are. TensorRT makes its network for a range of sides, and makes it
# again, which takes minutes, at the first input beyond it.
_NARROW = ((640, 16), (16, 640))
# Smallest faces side by side that a picture may have room for. MTCNN's memory grows with it: 48 megapixels took
# 1.3 GB from 40 px on (30,000), 2.7 GB from 24 px and 8.8 GB from 12 px.
_MAX_CELLS = 40_000

Picture: TypeAlias = Callable[["UsefulScale"], "SeenPicture"]
"""Decodes when it is called, not larger than is useful; or raises InvalidInput."""


@dataclass(frozen=True, eq=False)
class MeasuredFace:
    """A face, with what its landmarks and pixels say about it; of an unsure one the quality is not measured."""

    detection: Detection
    pose: Pose
    quality: Quality | None


@dataclass(frozen=True, eq=False)
class PictureFaces:
    """The faces of one picture of that size in pixels, the largest first and unsure ones last.

    `useful_scale` is to which scale the picture might have been sent without loss to detection; above 1 where the
    detector would have had a use for a larger one.
    """

    width: int
    height: int
    faces: tuple[MeasuredFace, ...]
    useful_scale: float


@dataclass(frozen=True)
class Wish:
    """What is looked for, and how: faces from `min_face` pixels on (None: as the pack has it), at most `max_faces`.

    `unsure` and `trim` as the detector has them.
    """

    min_face: int | None = None
    max_faces: int = MAX_FACES
    profile: Profile = Profile.DEFAULT
    unsure: bool = False
    trim: bool = False


class DetectMetrics:
    """What a detect process counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.faces = Counter("sightline_faces_detected", "Faces found.", registry=registry)
        self.seconds = Histogram("sightline_detect_seconds", "Inference time of a picture.", registry=registry)


class DetectHandler:
    """Finds faces in the threads of an executor, so that the event loop goes on answering.

    Args:
        detector: of the model pack.
        executor: where inference runs.
        share: pictures of one call that may stand in the executor's queue; a short call does not wait for all
            pictures of a long one.
        metrics: what is counted.
    """

    def __init__(self, detector: FaceDetector, executor: Executor, share: int, metrics: DetectMetrics) -> None:
        self._detector = detector
        self._share = share
        self._executor = executor
        self._metrics = metrics
        self._is_suspect = True

    async def detect(self, pictures: Sequence[Picture], wish: Wish) -> list[PictureFaces | SightlineError]:
        """One result for each picture, in order; a picture that fails fails alone."""
        share = asyncio.Semaphore(self._share)
        return await asyncio.gather(*(self._detect_one(picture, wish, share) for picture in pictures))

    async def warm_up(self, batch: int) -> None:
        """Try the model with one picture, the narrowest, and a full batch: first times are slow, on a GPU very.

        Raises:
            Exception: the model does not work.
        """
        await self.check()
        for size in _NARROW:
            await self._run(_black(*size), Wish(trim=True))
        if batch > 1:
            await asyncio.gather(*(self._run(_black(*_TRIAL), Wish()) for _ in range(batch)))

    async def check(self) -> None:
        """Raises unless the model works: tries it at the start, and again where the last inference failed."""
        if self._is_suspect:
            await self._run(_black(*_TRIAL), Wish())
            self._is_suspect = False

    async def _detect_one(
        self, picture: Picture, wish: Wish, share: asyncio.Semaphore
    ) -> PictureFaces | SightlineError:
        try:
            async with share:
                return await self._run(picture, wish)
        except SightlineError as error:
            return error
        except Exception:
            log.exception("detection_failed")
            self._is_suspect = True
            return Internal("DETECTION_FAILED", "The detector failed on this picture; the service's log says how.")

    async def _run(self, picture: Picture, wish: Wish) -> PictureFaces:
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._look, picture, wish)

    def _look(self, picture: Picture, wish: Wish) -> PictureFaces:
        useful_scale = partial(self._detector.useful_scale, min_face=wish.min_face, profile=wish.profile)
        seen = picture(useful_scale)
        _check_room(seen.width, seen.height, wish)
        with self._metrics.seconds.time():
            found = self._find(seen, wish)
        faces = wanted(found, wish.min_face, unsure=wish.unsure)
        first = sorted(faces, key=lambda face: (face.is_sure, _area(face)), reverse=True)[: wish.max_faces]
        sure = [face for face in first if face.is_sure]
        self._metrics.faces.inc(len(sure))
        if seen.scale < 1 and any(face.side * seen.scale < MEASURED_SIDE for face in sure):
            seen = picture(lambda _: 1.0)  # sharpness needs the pixels that detection could do without
        measured = tuple(_measured(seen, face) for face in first)
        return PictureFaces(seen.width, seen.height, measured, useful_scale((seen.width, seen.height)))

    def _find(self, seen: SeenPicture, wish: Wish) -> list[Detection]:
        """The faces in pixels of the whole picture."""
        min_face = wish.min_face and max(1, round(wish.min_face * seen.scale))
        found = self._detector.detect(
            seen.pixels, min_face=min_face, profile=wish.profile, unsure=wish.unsure, trim=wish.trim
        )
        if seen.scale == 1:
            return found
        height, width = seen.pixels.shape[:2]
        grown = np.array([seen.width / width, seen.height / height], np.float32)
        return [replace(face, box=face.box * np.tile(grown, 2), landmarks=face.landmarks * grown) for face in found]


def _black(width: int, height: int) -> Picture:
    """A black picture."""
    return lambda _: SeenPicture(np.zeros((height, width, 3), np.uint8), width, height)


def _check_room(width: int, height: int, wish: Wish) -> None:
    least = math.ceil(math.sqrt(width * height / _MAX_CELLS))
    if wish.min_face is not None and wish.min_face < least:
        raise InvalidInput(
            "MIN_FACE_TOO_SMALL",
            f"A picture of {width} x {height} can be searched for faces from {least} px on: "
            "raise min_face_px, or send it smaller.",
        )


def _measured(seen: SeenPicture, face: Detection) -> MeasuredFace:
    pose = head_pose(face.landmarks)
    quality = measure_quality(seen.pixels, face, pose, seen.scale) if face.is_sure else None
    return MeasuredFace(face, pose, quality)


def _area(face: Detection) -> float:
    return float(np.prod(face.box[2:] - face.box[:2]))
