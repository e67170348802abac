"""How much two heads look alike, for as long as a track lasts: colours, and where it is light and dark.

Says nothing about who somebody is: it tells apart two people who pass each other, better than their places do, and is
forgotten with the track. Measured on made scenes (tests/bench/tracking.py) it halves the tracks that go over from one
person to another, in colour and in grey.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.ingest.motion import FORBIDDEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SIDE, _GRID = 16, 8
"""A head is measured at 16 x 16 pixels, its pattern at 8 x 8: more would see the pose instead of the person."""
_LIGHTS, _COLOURS, _COLOUR_RANGE = 8, 12, (80, 176)
_LENGTH = _LIGHTS + _COLOURS**2 + _GRID**2
_FLAT = 5.0 * _GRID
"""Length of a pattern whose lightness varies by 5 of 255: less is noise, and counts for less."""
_MARGINS = np.array([-0.1, -0.25, 0.1, 0.0], np.float32)
"""From the face's box to the head with its hair, in shares of the box's sides."""

STRANGER, STRANGER_LOST = 0.6, 0.45
"""Below, two heads are two people, wherever they are: one person's, a frame later, are above 0.75 in 99 of 100. Who was
lost for a moment comes out from behind somebody, and is at first half covered."""
SAME = 0.9
"""From here on, a head may be found again farther away than its motion explains."""
_CLOSE, _WEIGHT = 2.0, 8.0
"""Costs of motion that differ by less do not decide; what a whole unit of unlikeness then costs."""


def describe(picture: NDArray[np.uint8], boxes: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The looks of faces; the dot product of two is how much they look alike, at most 1. Takes 0.2 ms a face.

    Args:
        picture: (height, width, 3) RGB.
        boxes: of the faces, in its pixels.

    Returns:
        (n, 216) of unit length.
    """
    looks = [_look(picture, box) for box in boxes]
    return np.stack(looks) if looks else np.empty((0, _LENGTH), np.float32)


def weigh(
    costs: NDArray[np.floating[Any]], likeness: NDArray[np.float32], is_lost: NDArray[np.bool]
) -> NDArray[np.floating[Any]]:
    """Costs of motion and likeness, both (tracks, faces), in one: looks count where motion cannot decide.

    `is_lost` (tracks,) says which tracks were not seen for a moment.
    """
    least = np.where(is_lost, STRANGER_LOST, STRANGER)[:, None]
    possible = np.where(likeness < least, FORBIDDEN, costs)
    close = _is_close(possible) | _is_close(possible.T).T
    return np.where(close, possible + _WEIGHT * (1 - likeness), possible)


def _is_close(costs: NDArray[np.floating[Any]]) -> NDArray[np.bool]:
    """(rows, 1) whether the two least costs of a row are too near to each other to say which is right."""
    if costs.shape[1] < 2:  # noqa: PLR2004 - two are needed for a tie
        return np.zeros((len(costs), 1), bool)
    least = np.partition(costs, 1, axis=1)
    return np.asarray(least[:, 1:2] - least[:, :1] < _CLOSE)


def _look(picture: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = np.tile(box[2:] - box[:2], 2)
    limits = np.tile(picture.shape[1::-1], 2)
    left, top, right, bottom = np.round(box + _MARGINS * sides).clip(0, limits).astype(int)
    head = picture[top:bottom, left:right]
    if not head.size:
        return np.zeros(_LENGTH, np.float32)
    small = cv2.resize(head, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    lights = cv2.calcHist([lab], [0], None, [_LIGHTS], [0, 256]).ravel()
    colours = cv2.calcHist([lab], [1, 2], None, [_COLOURS, _COLOURS], [*_COLOUR_RANGE, *_COLOUR_RANGE]).ravel()
    pattern = cv2.resize(lab[..., 0], (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    # Square roots of shares: the dot product is then Bhattacharyya's coefficient.
    amounts = _unit(np.sqrt(np.concatenate([lights, colours])))
    return _unit(np.concatenate([amounts, _unit(pattern - pattern.mean(), _FLAT)]))


def _unit(vector: NDArray[np.float32], least: float = 1e-6) -> NDArray[np.float32]:
    """Of length one, or shorter where it was shorter than `least`."""
    return vector / max(np.float32(np.linalg.norm(vector)), np.float32(least))
