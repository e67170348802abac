"""The plainest tracker: each face goes to the track whose last box it overlaps most, the largest overlaps first."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from sightline.ingest.motion import overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.ingest.face import SeenFace

LEAST_OVERLAP = 0.3
CLOSE_AFTER_S = 1.5


class GreedyTracker:
    """Sure faces only; no motion, no second stage."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._tracks: dict[str, tuple[NDArray[np.float32], float]] = {}

    def follow(self, time_s: float, faces: Sequence[SeenFace]) -> list[str | None]:
        """The track of each face; None for an unsure one."""
        self._tracks = {track: seen for track, seen in self._tracks.items() if time_s - seen[1] <= CLOSE_AFTER_S}
        assigned: list[str | None] = [None] * len(faces)
        for place, track in self._pairs(faces):
            if assigned[place] is None and track not in assigned:
                assigned[place] = track
        for place, face in enumerate(faces):
            if face.is_sure:
                track = assigned[place] = assigned[place] or f"greedy {next(self._numbers)}"
                self._tracks[track] = (face.box, time_s)
        return assigned

    def _pairs(self, faces: Sequence[SeenFace]) -> list[tuple[int, str]]:
        """Face and track, those that overlap most first."""
        tracks, sure = list(self._tracks), [place for place, face in enumerate(faces) if face.is_sure]
        if not tracks or not sure:
            return []
        boxes = np.stack([faces[place].box for place in sure])
        overlaps = overlap(boxes, np.stack([self._tracks[track][0] for track in tracks]))
        order = np.argsort(-overlaps, axis=None, kind="stable")
        pairs = [divmod(int(index), len(tracks)) for index in order]
        return [(sure[row], tracks[column]) for row, column in pairs if overlaps[row, column] >= LEAST_OVERLAP]
