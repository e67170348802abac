"""How well a face fits to where a track is expected: the cost that the tracker minimises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORBIDDEN = 1e6
_MAX_GROWTH, _MAX_GROWTH_LOST = 1.7, 1.35
"""A face may grow or shrink so much from one look to the next; less where it was lost in between."""
LOST_S = 0.75
"""A track unseen for longer is lost. Only a face much like it, near where it should be, takes it up again: two tracks
of one person cost a little work, one track of two people hides the second."""
_SPEED_WEIGHT = 0.6
"""Share of the newest movement in a track's velocity; the rest is what was known."""
_GLIDE_S = 0.7
"""An unseen track glides on for so long, then it waits: people who vanish seldom go on in a straight line."""

_STOP_COST = 0.3
_RUN = 4.0
"""Face sizes that somebody who is known by their looks may be away from where they were seen last."""


@dataclass
class Motion:
    """Where a face was last seen, and how it moves: constant velocity, the size as it was."""

    box: NDArray[np.float32]
    seen_s: float
    velocity: NDArray[np.float32] | None = None
    """(2,) pixels per second of the centre; None until it was seen twice."""

    def predict(self, now_s: float) -> NDArray[np.float32]:
        """The box that is expected, (4,) in pixels."""
        if self.velocity is None:
            return self.box
        step = self.velocity * min(now_s - self.seen_s, _GLIDE_S)
        return self.box + np.tile(step, 2).astype(np.float32)

    def reach(self, now_s: float) -> float:
        """How far from there it may be found, in face sizes; most where the velocity is not known yet."""
        if self.is_lost(now_s):
            return 1.0
        speed, least, most = (6.0, 1.5, 3.0) if self.velocity is None else (2.5, 1.0, 1.5)
        return float(np.clip(speed * (now_s - self.seen_s), least, most))

    def has_left(self, now_s: float, size: tuple[int, int]) -> bool:
        """Whether it should be outside a picture of (width, height) by now, a quarter of a face beyond the border."""
        box = self.predict(now_s)
        margin = (box[2:] - box[:2]) / 4
        return bool(np.any(centre(box) < -margin) or np.any(centre(box) > np.array(size) + margin))

    def is_lost(self, now_s: float) -> bool:
        """Whether it was not seen for longer than a missed frame or two."""
        return now_s - self.seen_s > LOST_S

    def glimpse(self, box: NDArray[np.float32], now_s: float) -> None:
        """Take note of where it was half seen: the box is loose then, and says nothing about how fast it goes."""
        self.box, self.seen_s = ((self.predict(now_s) + box) / 2).astype(np.float32), now_s

    def follow(self, box: NDArray[np.float32], now_s: float) -> None:
        """Take note of where it was found."""
        newest = (centre(box) - centre(self.box)) / max(now_s - self.seen_s, 1e-3)
        known = newest if self.velocity is None else self.velocity
        self.velocity = (_SPEED_WEIGHT * newest + (1 - _SPEED_WEIGHT) * known).astype(np.float32)
        self.box, self.seen_s = box, now_s


def match_costs(motions: list[Motion], boxes: NDArray[np.float32], now_s: float) -> NDArray[np.floating[Any]]:
    """(tracks, faces): 1 - IoU + distance of the centres in face sizes; FORBIDDEN where they cannot be one.

    The distance keeps its meaning where boxes no longer overlap, which at 2-5 frames a second is usual. Who stood
    still or turned round is found where it was, for a little more than where it was going.
    """
    going = np.stack([motion.predict(now_s) for motion in motions])
    standing = np.stack([motion.box for motion in motions])
    reach = np.array([motion.reach(now_s) for motion in motions])[:, None]
    costs = np.minimum(_costs(going, boxes, reach), _costs(standing, boxes, reach) + _STOP_COST)
    return np.where(_may_have_grown(motions, boxes, now_s), costs, FORBIDDEN)


def is_near(motions: list[Motion], boxes: NDArray[np.float32], now_s: float) -> NDArray[np.bool]:
    """(tracks, faces): whether somebody could have run from one to the other, in whichever direction."""
    standing = np.stack([motion.box for motion in motions])
    return np.asarray((_distances(standing, boxes) <= _RUN) & _may_have_grown(motions, boxes, now_s))


def _costs(
    expected: NDArray[np.float32], boxes: NDArray[np.float32], reach: NDArray[np.floating[Any]]
) -> NDArray[np.floating[Any]]:
    distance = _distances(expected, boxes)
    return np.where(distance <= reach, 1.0 - overlap(expected, boxes) + distance, FORBIDDEN)


def _distances(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    """(n, m) between the centres of (n, 4) and (m, 4) boxes, in face sizes."""
    sides = np.sqrt(np.sqrt(_area(first)[:, None] * _area(second)[None, :]))
    gaps = np.linalg.norm(centre(first)[:, None] - centre(second)[None, :], axis=2)
    return np.asarray(gaps / np.maximum(sides, 1.0))


def _may_have_grown(motions: list[Motion], boxes: NDArray[np.float32], now_s: float) -> NDArray[np.bool]:
    areas = np.array([_area(motion.box) for motion in motions])
    most = np.array([_MAX_GROWTH_LOST if motion.is_lost(now_s) else _MAX_GROWTH for motion in motions])[:, None]
    growth = np.sqrt(_area(boxes)[None, :] / np.maximum(areas[:, None], 1.0))
    return np.asarray((growth <= most) & (growth >= 1 / most))


def overlap(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    """(n, m) intersection over union of (n, 4) and (m, 4) boxes."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2, dtype=np.float64)
    union = _area(first)[:, None] + _area(second)[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-6))


def centre(boxes: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    """(..., 2) centres of (..., 4) boxes."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def _area(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
