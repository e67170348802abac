"""Making everybody but one unrecognisable in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.ingest.motion import centre, overlap

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARGIN = 0.35
"""Of the box's size, added on each side before it is blurred: hair and ears recognise people too."""
_BLOCKS = 5
"""A hidden face keeps this many blocks a side, and those are smoothed: nothing is left to restore it from."""
_SAME_OVERLAP = 0.4
"""Intersection over union from which two boxes are of one face: a detector's own suppression leaves less."""
_OUTLINE_RGB = (64, 220, 96)


def others(boxes: NDArray[np.float32], is_sure: NDArray[np.bool], matched: NDArray[np.float32]) -> NDArray[np.float32]:
    """The (n, 4) boxes that are not of the matched face (4,).

    Of one face a detector may have a second, unsure box: such a one whose middle lies within the matched is no other.
    """
    if not len(boxes):
        return boxes
    is_within = np.all((centre(boxes) >= matched[:2]) & (centre(boxes) <= matched[2:]), axis=1)
    is_same = overlap(boxes, matched[None])[:, 0] >= _SAME_OVERLAP
    return np.asarray(boxes[~(is_same | (is_within & ~is_sure))], np.float32)


def redacted(
    picture: NDArray[np.uint8], hidden: NDArray[np.float32], matched: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """A copy of an RGB picture with each of the (n, 4) boxes unrecognisable, and the matched face (4,) outlined."""
    shown = picture.copy()
    for box in hidden:
        _hide(shown, _area(box, picture, _MARGIN))
    rows, columns = _area(matched, picture, 0.0)
    # The margin of a neighbour may cover the face that is asked for; the neighbour's face may not show.
    shown[rows, columns] = picture[rows, columns]
    for box in hidden:
        _hide(shown, _area(box, picture, 0.0))
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
