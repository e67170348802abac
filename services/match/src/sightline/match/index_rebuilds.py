"""Rebuilding the index from the ledger because somebody asked for it: in the background, one at a time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.match.index import FaceIndex, FaceSource

log = structlog.get_logger()


class IndexRebuilds:
    """The use cases; see the contract of IndexService."""

    def __init__(self, index: FaceIndex, source: FaceSource) -> None:
        self._index = index
        self._source = source
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins one, unless one that was asked for runs already.

        Raises:
            Conflict: REBUILD_RUNNING, the index is being built for a reason of its own.
        """
        if self._runs():
            return
        if (await self._index.status()).building is not None:
            raise Conflict(
                "REBUILD_RUNNING", "The index is being built by itself just now: try again when that is done."
            )
        self._task = asyncio.create_task(self._rebuild(), name="index rebuild")

    async def cancel(self) -> None:
        """Gives up the one that was asked for; returns when nothing is left of it."""
        if self._task is not None:
            await end(self._task)

    @asynccontextmanager
    async def ending(self) -> AsyncIterator[None]:
        """Gives up what still runs at the end of the block."""
        try:
            yield
        finally:
            await self.cancel()

    def _runs(self) -> bool:
        return self._task is not None and not self._task.done()

    async def _rebuild(self) -> None:
        try:
            await self._index.rebuild(self._source)
        except Exception:
            # The status says why; who asked is not waiting any more.
            log.exception("index_rebuild_failed")
