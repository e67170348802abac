"""The way that a face went through the picture, thinned to a few points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_POINTS = 32


@dataclass(frozen=True)
class PathPoint:
    """Where a face was at one moment."""

    time_ns: int
    """Since 1970."""
    box: tuple[float, ...]
    """Left, top, right, bottom in ratios of the frame."""


class Path:
    """Remembers at most twice as many points as it gives, however long a track is."""

    def __init__(self) -> None:
        self._points: list[PathPoint] = []
        self._seen = 0
        self._step = 1
        self._last: PathPoint | None = None

    def add(self, point: PathPoint) -> None:
        """Go on to a later point."""
        if self._seen % self._step == 0:
            self._points.append(point)
        self._seen += 1
        self._last = point
        if len(self._points) == 2 * MAX_POINTS:
            self._points = self._points[::2]
            self._step *= 2

    def points(self) -> list[PathPoint]:
        """The first, the last and evenly spread ones between them, at most 32 in the order of time."""
        every = self._points
        if self._last is not None and self._last is not every[-1]:
            every = [*every, self._last]
        chosen = np.linspace(0, len(every) - 1, min(len(every), MAX_POINTS)).round().astype(int)
        return [every[place] for place in chosen]
