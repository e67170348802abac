"""Which faces of successive frames are one appearance of one face.

Two-stage association after ByteTrack (Zhang et al., ECCV 2022): sure faces are given to tracks first, then
unsure ones (half covered, blurred) to the tracks that are left, and only sure ones open a track. Motion decides; where
two ways to put faces and tracks together are about as good, the looks do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.chassis.ids import new_id
from sightline.ingest.likeness import SAME, weigh
from sightline.ingest.motion import FORBIDDEN, Motion, is_near, match_costs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from sightline.ingest.face import SeenFace

CLOSE_AFTER_S = 1.5
_MISSED_S = 0.5
"""What one look after a pause in which nothing moved counts at most: the detector may overlook a face once."""


@dataclass(frozen=True)
class Update:
    """What one frame changed."""

    assigned: list[str | None]
    """The track of each face, in the order of the faces; None for an unsure face that fits no track."""
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


@dataclass
class _Track:
    motion: Motion
    look: NDArray[np.float32] | None


@dataclass
class _Frame:
    """The faces of one frame, with the tracks that they have got so far."""

    time_s: float
    before_s: float
    """Of the frame before."""
    boxes: NDArray[np.float32]
    looks: NDArray[np.float32] | None
    is_sure: list[bool]
    assigned: list[str | None]

    def left(self, *, sure: bool) -> list[int]:
        """Places of the faces that have no track yet."""
        tracks = enumerate(self.assigned)
        return [place for place, track in tracks if track is None and self.is_sure[place] is sure]


class FaceTracker:
    """Follows the faces of one source; made for 2 to 5 frames a second.

    Args:
        new_track_id: gives the id of each new track; random ones unless a run has to be repeatable.
    """

    def __init__(self, new_track_id: Callable[[], str] = new_id) -> None:
        self._new_track_id = new_track_id
        self._tracks: dict[str, _Track] = {}
        self._frame_s = 0.0

    def update(
        self,
        time_s: float,
        faces: Sequence[SeenFace],
        size: tuple[int, int],
        looks: NDArray[np.float32] | None = None,
        paused_s: float = 0.0,
    ) -> Update:
        """Take in the faces of the next frame.

        Args:
            time_s: never goes back, and stands still while nothing moves: who stands there is not lost.
            faces: what was found.
            size: width and height of the frame in pixels.
            looks: of each face, from `likeness.describe`; None where motion alone shall decide, always or never.
            paused_s: how long it has stood still since the last frame. Who is not there after that was away in it.
        """
        closed = self._close_gone(time_s, size)
        boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
        before_s, self._frame_s = self._frame_s, time_s
        frame = _Frame(time_s, before_s, boxes, looks, [face.is_sure for face in faces], [None] * len(faces))
        self._associate(frame, frame.left(sure=True))
        self._find_again(frame, frame.left(sure=True))
        self._associate(frame, frame.left(sure=False))
        for name in self._free(frame):
            self._tracks[name].motion.seen_s -= min(paused_s, _MISSED_S)
        opened = [self._open(frame, place) for place in frame.left(sure=True)]
        return Update(frame.assigned, opened, closed)

    def close_all(self) -> list[str]:
        """Close what is open, at the end of the source; gives the ids."""
        closed = list(self._tracks)
        self._tracks.clear()
        return closed

    def _close_gone(self, now_s: float, size: tuple[int, int]) -> list[str]:
        closed = [
            name
            for name, track in self._tracks.items()
            if now_s - track.motion.seen_s > CLOSE_AFTER_S or track.motion.has_left(now_s, size)
        ]
        for name in closed:
            del self._tracks[name]
        return closed

    def _associate(self, frame: _Frame, places: list[int]) -> None:
        """By where each track should be."""
        if places and (names := self._free(frame)):
            motions = self._motions(names)
            costs = match_costs(motions, frame.boxes[places], frame.time_s)
            if frame.looks is not None:
                # Where frames are a second apart, who was there in the one before is not lost.
                is_lost = np.array([m.is_lost(frame.time_s) and m.seen_s < frame.before_s for m in motions])
                costs = weigh(costs, self._likeness(names, frame.looks[places]), is_lost)
            self._give(frame, names, places, costs)

    def _find_again(self, frame: _Frame, places: list[int]) -> None:
        """By the looks alone: who turned round, or ran, is not where the track should be."""
        if places and frame.looks is not None and (names := self._free(frame)):
            likeness = self._likeness(names, frame.looks[places])
            near = is_near(self._motions(names), frame.boxes[places], frame.time_s)
            self._give(frame, names, places, np.where(near & (likeness >= SAME), 1 - likeness, FORBIDDEN))

    def _free(self, frame: _Frame) -> list[str]:
        """The tracks without a face in this frame."""
        return [name for name in self._tracks if name not in frame.assigned]

    def _motions(self, names: list[str]) -> list[Motion]:
        return [self._tracks[name].motion for name in names]

    def _likeness(self, names: list[str], looks: NDArray[np.float32]) -> NDArray[np.float32]:
        known = [self._tracks[name].look for name in names]
        return np.stack([look for look in known if look is not None]) @ looks.T

    def _give(self, frame: _Frame, names: list[str], places: list[int], costs: NDArray[np.floating[Any]]) -> None:
        for row, column in _cheapest(costs):
            place, track = places[column], self._tracks[names[row]]
            frame.assigned[place] = names[row]
            if not frame.is_sure[place]:
                track.motion.glimpse(frame.boxes[place], frame.time_s)
                continue
            track.motion.follow(frame.boxes[place], frame.time_s)
            if frame.looks is not None and track.look is not None:
                blend = track.look + frame.looks[place]
                track.look = blend / max(float(np.linalg.norm(blend)), 1e-6)

    def _open(self, frame: _Frame, place: int) -> str:
        name = self._new_track_id()
        look = None if frame.looks is None else frame.looks[place]
        self._tracks[name] = _Track(Motion(frame.boxes[place], frame.time_s), look)
        frame.assigned[place] = name
        return name


def _cheapest(costs: NDArray[np.floating[Any]]) -> Iterator[tuple[int, int]]:
    """The pairs of row and column with the least sum of costs, without forbidden ones."""
    for row, column in zip(*linear_sum_assignment(costs), strict=True):
        if costs[row, column] < FORBIDDEN:
            yield int(row), int(column)
