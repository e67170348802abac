"""Retention: alerts that are older than the policy lets them be are forgotten, with all that belongs to them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.audit import Audited
from sightline.chassis.principal import Principal
from sightline.chassis.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import timedelta

    from sightline.chassis.audit import Auditor
    from sightline.notify.forgetting import Forgetting
    from sightline.notify.projection import AlertProjection

log = structlog.get_logger()

PAUSE_SECONDS = 20.0
AT_ONCE = 100
SERVICE = Principal("service:notify")


class AlertRetention:
    """Looks every twenty seconds. Every replica does; each alert is forgotten, and audited, by one of them."""

    def __init__(
        self,
        projection: AlertProjection,
        forgetting: Forgetting,
        auditor: Auditor,
        keep: timedelta,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now` is in seconds since 1970."""
        self._projection = projection
        self._forgetting = forgetting
        self._auditor = auditor
        self._keep = keep.total_seconds()
        self._now = now
        self._unsaid: list[str] = []

    def running(self) -> AbstractAsyncContextManager[None]:
        """Looks again and again while the block runs."""
        return Rounds("retention", self._look, PAUSE_SECONDS, service=SERVICE).running()

    async def look(self) -> int:
        """Forgets some of what is too old, the oldest first, and returns how many alerts that were.

        Raises:
            Unavailable: the broker is away. What was forgotten by then is audited by a later look.
        """
        before = self._now() - self._keep
        count = 0
        try:
            async for alert_id in self._forgetting.forget(self._projection.raised_before(before, AT_ONCE), before):
                self._unsaid.append(alert_id)
                count += 1
        finally:
            await self._say()
        # Otherwise the next look would find the same ones.
        await self._projection.caught_up()
        return count

    async def _say(self) -> None:
        if not self._unsaid:
            return
        detail = f"{len(self._unsaid)} alerts: {', '.join(self._unsaid)}"
        async with self._auditor.audit(Audited("retention.forget_alerts", "alert", purpose="expired", detail=detail)):
            log.info("alerts_forgotten", count=len(self._unsaid))
        self._unsaid.clear()

    async def _look(self) -> bool:
        return await self.look() >= AT_ONCE
