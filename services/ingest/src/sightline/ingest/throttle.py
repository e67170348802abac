"""Sampling under load: a camera whose frames are dropped is sampled less often, until that helps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FLOOR_FPS = 1.0
WINDOW_S = 5.0
_LOWER, _RAISE = 0.7, 1.25
_BEHIND = 0.1
"""Share of a window's frames that may be dropped: a burst of faces is no reason to look less often."""
_CALM_WINDOWS = 3
"""Windows without a dropped frame after which a higher rate is tried."""


class Throttle:
    """Decides the sample rate of one camera, window by window.

    The first window counts for nothing: what had piled up while the camera was opened comes in it all at once.

    Args:
        wanted: the rate that it should have, in frames per second.
        clock: in seconds.
    """

    def __init__(self, wanted: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._wanted = wanted
        self._floor = min(wanted, FLOOR_FPS)
        self._clock = clock
        self._ends: float | None = None
        self._is_new = True
        self._calm = 0
        self._frames = self._dropped = 0
        self.fps = wanted
        """At present."""

    @property
    def lowered_fps(self) -> float:
        """The present rate where it is lower than wanted, else 0."""
        return self.fps if self.fps < self._wanted else 0.0

    def frame(self, *, dropped: bool) -> bool:
        """Note that a frame came, and whether one had to be given up for it. True where the rate changes by that."""
        self._ends = self._ends or self._clock() + WINDOW_S
        self._frames += 1
        self._dropped += dropped
        if self._clock() < self._ends:
            return False
        before, self.fps = self.fps, self.fps if self._is_new else self._judged()
        self._is_new = False
        self._frames = self._dropped = 0
        self._ends = self._clock() + WINDOW_S
        return self.fps != before

    def _judged(self) -> float:
        if self._dropped > _BEHIND * self._frames:
            self._calm = 0
            return max(self._floor, self.fps * _LOWER)
        self._calm = 0 if self._dropped else self._calm + 1
        if self._calm < _CALM_WINDOWS:
            return self.fps
        self._calm = 0
        return min(self._wanted, self.fps * _RAISE)
