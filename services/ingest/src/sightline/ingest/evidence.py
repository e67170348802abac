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
from sightline.chassis.picture import decode_picture, encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sightline.ingest.face import SeenFace

KEEP_S = 60.0
MAX_BYTES = 256 << 20
_MARGIN = 0.35
"""Of the box's size, added on each side before it is blurred: hair and ears recognise people too."""
_BLOCKS = 5
"""A hidden face keeps this many blocks a side, and those are smoothed: nothing is left to restore it from."""
_OUTLINE_RGB = (64, 220, 96)


@dataclass(frozen=True)
class _Moment:
    kept_s: float
    frame: bytes
    boxes: tuple[NDArray[np.float32], ...]
    matched: int


class EvidenceStore:
    """The best frame of each track, as JPEG, with the boxes of all faces in it; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._moments: OrderedDict[str, _Moment] = OrderedDict()
        self._lock = Lock()

    def keep(self, track_id: str, picture: NDArray[np.uint8], faces: Sequence[SeenFace], matched: int) -> None:
        """Replace the track's frame; `matched` is the place of its face among the frame's faces."""
        boxes = tuple(face.box for face in faces)
        moment = _Moment(self._clock(), encode_jpeg(picture, 92), boxes, matched)
        with self._lock:
            self._moments.pop(track_id, None)
            self._moments[track_id] = moment
            self._forget()

    def snapshot(self, track_id: str) -> bytes:
        """The frame as JPEG, the track's face outlined and every other face in it unrecognisable.

        Raises:
            NotFound: EVIDENCE_GONE.
        """
        with self._lock:
            self._forget()
            moment = self._moments.get(track_id)
        if moment is None:
            raise NotFound(
                "EVIDENCE_GONE",
                f"no frame of track {track_id} is kept; ask within {KEEP_S:.0f} s of the sighting",
            )
        return encode_jpeg(_redacted(decode_picture(moment.frame), moment), 90)

    def _forget(self) -> None:
        oldest = self._clock() - KEEP_S
        size = sum(len(moment.frame) for moment in self._moments.values())
        while self._moments:
            moment = next(iter(self._moments.values()))
            if moment.kept_s >= oldest and size <= MAX_BYTES:
                return
            self._moments.popitem(last=False)
            size -= len(moment.frame)


def _redacted(picture: NDArray[np.uint8], moment: _Moment) -> NDArray[np.uint8]:
    others = [box for place, box in enumerate(moment.boxes) if place != moment.matched]
    matched = _area(moment.boxes[moment.matched], picture, 0.0)
    shown = picture.copy()
    for box in others:
        _hide(shown, _area(box, picture, _MARGIN))
    # The margin of a neighbour may cover the face that is asked for; the neighbour's face may not show.
    shown[matched] = picture[matched]
    for box in others:
        _hide(shown, _area(box, picture, 0.0))
    rows, columns = matched
    cv2.rectangle(shown, (columns.start, rows.start), (columns.stop, rows.stop), _OUTLINE_RGB, 2)
    return shown


def _area(box: NDArray[np.float32], picture: NDArray[np.uint8], margin: float) -> tuple[slice, slice]:
    height, width = picture.shape[:2]
    dx, dy = margin * (box[2] - box[0]), margin * (box[3] - box[1])
    left, right = np.clip([np.floor(box[0] - dx), np.ceil(box[2] + dx)], 0, width).astype(int)
    top, bottom = np.clip([np.floor(box[1] - dy), np.ceil(box[3] + dy)], 0, height).astype(int)
    return slice(int(top), int(bottom)), slice(int(left), int(right))


def _hide(picture: NDArray[np.uint8], area: tuple[slice, slice]) -> None:
    patch = picture[area]
    if not patch.size:
        return
    size = (patch.shape[1], patch.shape[0])
    blocks = cv2.resize(patch, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    picture[area] = cv2.GaussianBlur(
        cv2.resize(blocks, size, interpolation=cv2.INTER_NEAREST), (0, 0), size[0] / 20 + 1
    )
