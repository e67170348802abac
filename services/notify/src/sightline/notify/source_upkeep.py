"""What follows from a camera's alerts taken together, looked at every second."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import SightlineError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

log = structlog.get_logger()

PAUSE_SECONDS = 1.0


class Chore(Protocol):
    """Something that has to be looked at."""

    async def look(self) -> None:
        """One look. What fails is found again by the next one."""


class SourceUpkeep:
    """Does chores in their order. Every replica does: what two of them do at once is done once."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = chores

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Looks again and again while the block runs."""
        task = asyncio.create_task(self._run(), name="source-upkeep")
        try:
            yield
        finally:
            await end(task)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            for chore in self._chores:
                await _done(chore)


async def _done(chore: Chore) -> None:
    """Does one; its failure keeps no other from being done."""
    try:
        await chore.look()
    except SightlineError as error:
        log.warning("source_upkeep_interrupted", reason=error.reason, detail=error.message)
    except Exception:
        log.exception("source_upkeep_interrupted")
