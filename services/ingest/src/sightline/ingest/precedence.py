"""Who is looked at first: frames of cameras, then those of stored video, of which all jobs have an equal part."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sightline.ingest.detect_client import FaceFinder, FoundFaces
    from sightline.ingest.face import Wish

PATIENCE_S = 1.0
"""A job's frame waits no longer than that for cameras: jobs become slow beside them, but never stand still."""


class Precedence:
    """Divides a finder between the cameras and the jobs of this process.

    Args:
        finder: looks for faces.
        job_frames: frames of all jobs together that are looked at at the same time; whose turn it is goes round.
    """

    def __init__(self, finder: FaceFinder, job_frames: int) -> None:
        self._finder = finder
        self._places = asyncio.Semaphore(job_frames)
        self._live = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def find(self, picture: NDArray[np.uint8], wish: Wish) -> FoundFaces:
        """See FaceFinder; for cameras."""
        self._live += 1
        self._idle.clear()
        try:
            return await self._finder.find(picture, wish)
        finally:
            self._live -= 1
            if not self._live:
                self._idle.set()

    async def find_behind(self, picture: NDArray[np.uint8], wish: Wish) -> FoundFaces:
        """The same for a job. Raises as `find`."""
        async with self._places:  # first come, first served: with as many frames waiting each job gets as many places
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._idle.wait()
            return await self._finder.find(picture, wish)


class JobFinder:
    """A FaceFinder for jobs."""

    def __init__(self, precedence: Precedence) -> None:
        self._precedence = precedence

    async def find(self, picture: NDArray[np.uint8], wish: Wish) -> FoundFaces:
        """See FaceFinder."""
        return await self._precedence.find_behind(picture, wish)
