"""What alerts need that nobody asks for: what is overdue expires, and what was left unsent is sent."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import SightlineError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sightline.notify.projection import AlertProjection
    from sightline.notify.reviewing import Reviewing

log = structlog.get_logger()

PAUSE_SECONDS = 2.0
AT_ONCE = 100


class Upkeep:
    """Looks at the projection every two seconds.

    Every replica does: what two of them do at once is done once, as the record is changed by compare-and-set.
    """

    def __init__(self, projection: AlertProjection, reviewing: Reviewing, now: Callable[[], float] = time.time) -> None:
        """`now` is in seconds since 1970."""
        self._projection = projection
        self._reviewing = reviewing
        self._now = now

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Looks again and again while the block runs."""
        task = asyncio.create_task(self._run(), name="alert-upkeep")
        try:
            yield
        finally:
            await end(task)

    async def look(self) -> None:
        """One look. What fails is found again by the next one."""
        now = self._now()
        for alert_id in self._projection.overdue(now, AT_ONCE):
            await self._reviewing.expire(alert_id, now)
            log.info("alert_expired", alert=alert_id)
        # What is being sent at this moment is left to whoever does it.
        for alert_id in self._projection.unsent(now - PAUSE_SECONDS, AT_ONCE):
            await self._reviewing.send(alert_id)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            try:
                await self.look()
            except SightlineError as error:
                log.warning("alert_upkeep_interrupted", reason=error.reason, detail=error.message)
