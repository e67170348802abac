"""Which faces of successive frames are one appearance of one face.

Two-stage association after ByteTrack (Zhang et al., ECCV 2022): sure faces are given to tracks first, then
unsure ones (half covered, blurred) to the tracks that are left, and only sure ones open a track.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.chassis.ids import new_id
from sightline.ingest.motion import FORBIDDEN, Motion, match_costs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sightline.ingest.face import SeenFace

CLOSE_AFTER_S = 1.5


@dataclass(frozen=True)
class Update:
    """What one frame changed."""

    assigned: list[str | None]
    """The track of each face, in the order of the faces; None for an unsure face that fits no track."""
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


class FaceTracker:
    """Follows the faces of one source; made for 2 to 5 frames a second.

    Args:
        new_track_id: gives the id of each new track; random ones unless a run has to be repeatable.
    """

    def __init__(self, new_track_id: Callable[[], str] = new_id) -> None:
        self._new_track_id = new_track_id
        self._tracks: dict[str, Motion] = {}

    def update(self, media_time_s: float, faces: Sequence[SeenFace], size: tuple[int, int]) -> Update:
        """Take in the faces of the next frame, (width, height) in pixels; times never go back."""
        closed = self._close_gone(media_time_s, size)
        assigned: list[str | None] = [None] * len(faces)
        sure = [place for place, face in enumerate(faces) if face.is_sure]
        unsure = [place for place, face in enumerate(faces) if not face.is_sure]
        self._associate(media_time_s, faces, sure, assigned)
        self._associate(media_time_s, faces, unsure, assigned)
        opened = [self._open(media_time_s, faces, place, assigned) for place in sure if assigned[place] is None]
        return Update(assigned, opened, closed)

    def close_all(self) -> list[str]:
        """Close what is open, at the end of the source; gives the ids."""
        closed = list(self._tracks)
        self._tracks.clear()
        return closed

    def _close_gone(self, now_s: float, size: tuple[int, int]) -> list[str]:
        closed = [
            track
            for track, motion in self._tracks.items()
            if now_s - motion.seen_s > CLOSE_AFTER_S or motion.has_left(now_s, size)
        ]
        for track in closed:
            del self._tracks[track]
        return closed

    def _associate(
        self, now_s: float, faces: Sequence[SeenFace], places: list[int], assigned: list[str | None]
    ) -> None:
        free = [track for track in self._tracks if track not in assigned]
        if not free or not places:
            return
        boxes = np.stack([faces[place].box for place in places])
        costs = match_costs([self._tracks[track] for track in free], boxes, now_s)
        for row, column in zip(*linear_sum_assignment(costs), strict=True):
            if costs[row, column] < FORBIDDEN:
                assigned[places[column]] = free[row]
                self._tracks[free[row]].follow(boxes[column], now_s)

    def _open(self, now_s: float, faces: Sequence[SeenFace], place: int, assigned: list[str | None]) -> str:
        track = self._new_track_id()
        self._tracks[track] = Motion(faces[place].box, now_s)
        assigned[place] = track
        return track
