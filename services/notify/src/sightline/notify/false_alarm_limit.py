"""A camera of whose alerts people dismiss too many is to be suspended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from sightline.notify.suspending import ask, is_pending
from sightline.v1 import camera_service_pb2, records_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.notify.decision_rows import SourceDecisions
    from sightline.notify.projection import AlertProjection
    from sightline.notify.source_book import SourceBook

log = structlog.get_logger()

AGAIN_SECONDS = 60.0
"""How long after ingest was asked it may be asked again, where people have dismissed more since."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class FalseAlarmRule:
    """What is too much.

    Attributes:
        share: of settled alerts that were dismissed, above which a camera is suspended; 0: none is.
        reviews: least number of settled alerts.
        window: in which they were settled.
    """

    share: float
    reviews: int
    window: timedelta

    def broken_by(self, decisions: SourceDecisions) -> bool:
        """Whether a camera is to be suspended for that."""
        decided = decisions.decided
        return decided.settled >= self.reviews and decided.dismissed > self.share * decided.settled


class FalseAlarmLimit:
    """Looks at what was settled, and notes once, whichever replica does, that a camera is to be suspended."""

    def __init__(
        self,
        projection: AlertProjection,
        book: SourceBook,
        rule: FalseAlarmRule,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        """`now` is in nanoseconds since 1970."""
        self._projection = projection
        self._book = book
        self._rule = rule
        self._now = now
        self._seen = (-1, 0)

    async def look(self) -> None:
        """One look, where anything may have changed since the last one."""
        now = self._now()
        seen = (self._projection.sequence, int(now / 1e9 / AGAIN_SECONDS))
        if not self._rule.share or seen == self._seen:
            return
        await self._projection.caught_up()  # else a camera would be judged by a part of what people have settled
        since = now - _nanoseconds(self._rule.window)
        for decisions in self._projection.decided_by_source(since, self._rule.reviews):
            if self._rule.broken_by(decisions) and self._is_news(decisions):
                await self._judge(decisions.source, since)
        self._seen = seen

    def _is_news(self, decisions: SourceDecisions) -> bool:
        """Whether somebody settled an alert since ingest was asked for the last time."""
        record = self._book.known(decisions.source)
        if is_pending(record):
            return False
        asked = record.suspension.time.ToNanoseconds()
        return decisions.last_settled > asked and self._now() > asked + AGAIN_SECONDS * 1e9

    async def _judge(self, source: str, since: int) -> None:
        """Count again what was raised since the camera was resumed, as far as that is known here."""
        resumed = self._book.known(source).resume_time.ToNanoseconds()
        for decisions in self._projection.decided_by_source(since, self._rule.reviews, source, resumed):
            if self._rule.broken_by(decisions):
                log.warning("false_alarms", source=source, dismissed=decisions.decided.dismissed)
                await self._book.change(source, partial(ask, self._wish(decisions)))

    def _wish(self, decisions: SourceDecisions) -> records_pb2.SuspensionWish:
        decided, hours = decisions.decided, self._rule.window / _HOUR
        wish = records_pb2.SuspensionWish(
            reason=camera_service_pb2.SUSPENSION_REASON_FALSE_ALARMS,
            message=(
                f"{decided.dismissed} of the {decided.settled} alerts that people settled in the last {hours:g} hours "
                f"were false (limit {self._rule.share:.0%}): find out why, then have it resumed."
            ),
        )
        wish.since.FromNanoseconds(decisions.first_raised)
        wish.time.FromNanoseconds(self._now())
        return wish


def _nanoseconds(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1) * 1000
