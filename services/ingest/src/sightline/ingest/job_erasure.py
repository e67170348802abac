"""Jobs are deleted, with what was found: at once, and what was on its way a little later."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.ingest.jobs import JobBook

AGAIN_S = 60.0
"""After that at the latest match has heard of a deletion, and what it was saying in that moment has been said."""
AGAIN_UNTIL_S = 300.0
MARK_S = 86_400.0
"""For how long faces of a deleted job may be on their way, as while embed is away."""


class Kept(Protocol):
    """What was found by jobs."""

    async def forget(self, job_id: str) -> None:
        """Delete what is of that job. Raises Unavailable BROKER_UNAVAILABLE."""


class JobErasure:
    """Takes jobs out of the book, and what was found out of where that is kept."""

    def __init__(self, book: JobBook, kept: Iterable[Kept]) -> None:
        self._book = book
        self._kept = tuple(kept)

    async def delete(self, job_id: str) -> None:
        """Forget a job. Raises NotFound JOB_NOT_FOUND, Unavailable: repeat it, or where it is not found leave it."""
        await self._forget(job_id)
        await self._book.bury(job_id)
        # What a job that ran has found meanwhile; what comes later `sweep` finds.
        await self._forget(job_id)

    async def sweep(self) -> None:
        """Remove what came behind deletions, and the marks of old ones. Raises Unavailable BROKER_UNAVAILABLE."""
        for stored in await self._book.deleted():
            age = time.time() - stored.record.delete_time.ToNanoseconds() / 1e9
            if AGAIN_S < age < AGAIN_UNTIL_S or age > MARK_S:
                await self._forget(stored.job.id)
            if age > MARK_S:
                await self._book.remove(stored.job.id)

    async def _forget(self, job_id: str) -> None:
        for each in self._kept:
            await each.forget(job_id)
