"""Evidence: for a minute, in memory only, the frame in which each track was seen best."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.chassis.errors import NotFound
from sightline.chassis.picture import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from sightline.ingest.face import SeenFace

KEEP_S = 60.0
MAX_BYTES = 256 << 20
_MOST_PIXELS = 1920 * 1080
_JPEG_QUALITY = 85


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame that is kept, at most as large as 1920 x 1080, and the boxes of the faces in it."""

    kept_s: float
    jpeg: bytes
    boxes: NDArray[np.float32]
    """(n, 4) left, top, right, bottom in pixels of the kept frame."""
    is_sure: NDArray[np.bool]
    """(n,) whether the detector was sure of each."""
    owners: dict[str, int]
    """The tracks whose best frame it is, with the place of each one's face among the boxes."""


class EvidenceStore:
    """The best frame of each track, as JPEG; threads may share it.

    A frame of 1920 x 1080 takes 8 ms to encode and 200 to 400 kB; it is encoded once, however many tracks it is for,
    and only where one of them was never seen as well: at most four times in a track with good views. The oldest go
    before all together take more than `most_bytes`, or when their minute is over.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_bytes: int = MAX_BYTES) -> None:
        self._clock = clock
        self._most_bytes = most_bytes
        self._moments: OrderedDict[int, Moment] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._next = self._bytes = 0
        self._lock = Lock()

    def keep(self, picture: NDArray[np.uint8], faces: Sequence[SeenFace], owners: Mapping[str, int]) -> None:
        """Replace the frame of some tracks.

        Args:
            picture: (height, width, 3) RGB.
            faces: all that were found in it, sure or not, whether they count or not.
            owners: the tracks, with the place of each one's face among the faces.
        """
        scale = min(1.0, (_MOST_PIXELS / (picture.shape[0] * picture.shape[1])) ** 0.5)
        if scale < 1:
            picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4) * np.float32(scale)
        is_sure = np.array([face.is_sure for face in faces], bool)
        moment = Moment(self._clock(), encode_jpeg(picture, _JPEG_QUALITY), boxes, is_sure, dict(owners))
        with self._lock:
            for track_id in owners:
                self._let_go(track_id)
                self._numbers[track_id] = self._next
            self._moments[self._next] = moment
            self._next += 1
            self._bytes += len(moment.jpeg)
            self._forget()

    def find(self, track_id: str) -> tuple[Moment, int]:
        """The frame of a track, not to be shown as it is, and the place of its face among the boxes.

        Raises:
            NotFound: EVIDENCE_GONE.
        """
        with self._lock:
            self._forget()
            if (number := self._numbers.get(track_id)) is not None:
                moment = self._moments[number]
                return moment, moment.owners[track_id]
        raise NotFound(
            "EVIDENCE_GONE",
            f"no frame of track {track_id} is kept; ask within {KEEP_S:.0f} s of the sighting",
        )

    def _let_go(self, track_id: str) -> None:
        """The track has a better frame."""
        if (number := self._numbers.pop(track_id, None)) is not None:
            del self._moments[number].owners[track_id]
            if not self._moments[number].owners:
                self._drop(number)

    def _forget(self) -> None:
        oldest = self._clock() - KEEP_S
        while self._moments:
            number, moment = next(iter(self._moments.items()))
            if moment.kept_s >= oldest and self._bytes <= self._most_bytes:
                return
            self._drop(number)

    def _drop(self, number: int) -> None:
        moment = self._moments.pop(number)
        self._bytes -= len(moment.jpeg)
        for track_id in moment.owners:
            del self._numbers[track_id]
