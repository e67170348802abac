"""What alerts need that nobody asks for: what is overdue expires, and what was left unsent is sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.rounds import Rounds, one_of_several
from sightline.notify.retention import SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from sightline.notify.projection import AlertProjection
    from sightline.notify.reviewing import Reviewing

log = structlog.get_logger()

PAUSE_SECONDS = 2.0
AT_ONCE = 100
_TASK = "alert-upkeep"


class Upkeep:
    """Looks at the projection every two seconds.

    Every replica does: what two of them do at once is done once, as the record is changed by compare-and-set.
    """

    def __init__(self, projection: AlertProjection, reviewing: Reviewing, now: Callable[[], float] = time.time) -> None:
        """`now` is in seconds since 1970."""
        self._projection = projection
        self._reviewing = reviewing
        self._now = now

    def running(self) -> AbstractAsyncContextManager[None]:
        """Looks again and again while the block runs."""
        return Rounds(_TASK, self.look, PAUSE_SECONDS, service=SERVICE).running()

    async def look(self) -> bool:
        """One look; what fails, or is more than that, is found again by the next one."""
        now = self._now()
        for alert_id in self._projection.overdue(now, AT_ONCE):
            with one_of_several(_TASK, alert_id):
                await self._reviewing.expire(alert_id, now)
                log.info("alert_expired", alert=alert_id)
        # What is being sent at this moment is left to whoever does it.
        for alert_id in self._projection.unsent(now - PAUSE_SECONDS, AT_ONCE):
            with one_of_several(_TASK, alert_id):
                await self._reviewing.send(alert_id)
        return False
