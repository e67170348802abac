"""Storms: a camera or a job that raises far more alerts than it should. They are grouped; none of them is held back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Counter

from sightline.chassis.errors import SightlineError
from sightline.chassis.ids import new_id
from sightline.notify.suspending import NOT_FOUND, ask, is_pending
from sightline.v1 import camera_service_pb2, events_pb2, records_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from prometheus_client import CollectorRegistry

    from sightline.notify.projection import AlertProjection
    from sightline.notify.source_book import SourceBook

log = structlog.get_logger()


@dataclass(frozen=True)
class StormRule:
    """What a storm is.

    Attributes:
        alerts: more new ones of one source than that are a storm; 0: nothing is.
        window: in which they are raised, by the wall clock.
        suspends: whether its camera is suspended.
    """

    alerts: int
    window: timedelta
    suspends: bool

    @property
    def window_ns(self) -> int:
        """The window in nanoseconds."""
        return round(self.window.total_seconds() * 1e9)


class Storms:
    """Notices storms, and groups what is raised in them.

    What was raised lately is read from the copy of the alerts' records, with what this process is only just raising. So
    alerts of other replicas count some milliseconds later, and an alert that is in no storm costs the broker nothing.
    """

    def __init__(
        self,
        projection: AlertProjection,
        book: SourceBook,
        rule: StormRule,
        registry: CollectorRegistry,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        """`now` is in nanoseconds since 1970."""
        self._projection = projection
        self._book = book
        self._rule = rule
        self._now = now
        self._own: dict[str, dict[str, int]] = {}
        self._storms = Counter(
            "sightline_notify_storms", "Storms of alerts, by source.", ("source",), registry=registry
        )

    async def note(self, record: records_pb2.AlertRecord) -> None:
        """Write into the record of an alert that is being raised in which storm it is, if it is in one."""
        if not self._rule.alerts:
            return
        alert, now = record.alert, record.alert.create_time.ToNanoseconds()
        seen = alert.sighting.frame_time.ToNanoseconds()
        if seen and now - seen > self._rule.window_ns:
            record.late = True
            return
        self._own.setdefault(alert.source, {})[alert.id] = now
        try:
            alert.storm_id = await self._storm(alert.source, now)
        except SightlineError as error:  # no alert waits for its storm
            log.warning("storm_not_noted", alert=alert.id, source=alert.source, reason=error.reason)

    async def look(self) -> None:
        """End storms that have passed. What fails is found again by the next look."""
        now = self._now()
        for source in list(self._own):
            self._forget_old(source, now)
        raging = [source for source in self._book.sources() if is_raging(self._book.known(source))]
        if raging:
            await self._projection.caught_up()  # else a storm would seem to have passed
        for source in raging:
            lately = self._lately(source, now)
            if len(lately) <= self._rule.alerts // 2:
                await self._end(source, now)
            elif len(lately) > self._rule.alerts and self._goes_on(self._book.known(source), now):
                await self._book.change(source, partial(ask, self._wish(lately, now)))

    async def _storm(self, source: str, now: int) -> str:
        """The storm that the source is in, which begins with this alert perhaps; "" for none."""
        known = self._book.known(source)
        if is_raging(known):
            return known.storm.storm_id
        lately = self._lately(source, now)
        return await self._begin(source, lately, now) if len(lately) > self._rule.alerts else ""

    def _lately(self, source: str, now: int) -> dict[str, int]:
        """The alerts of the last window, as far as they matter, by id: when they were raised."""
        self._forget_old(source, now)
        window = self._rule.window_ns
        # What is further ahead than clocks are apart was raised before the clock was set back.
        raised = self._projection.raised_between(source, now - window, now + window, self._rule.alerts + 1)
        return {**raised, **self._own.get(source, {})}

    def _forget_old(self, source: str, now: int) -> None:
        recent = {key: at for key, at in self._own.get(source, {}).items() if abs(now - at) <= self._rule.window_ns}
        self._own.pop(source, None)
        if recent:
            self._own[source] = recent

    async def _begin(self, source: str, lately: dict[str, int], now: int) -> str:
        storm = events_pb2.AlertStorm(
            storm_id=new_id(), source=source, alerts=len(lately), limit=self._rule.alerts, window=self._rule.window
        )
        storm.begin_time.FromNanoseconds(min(lately.values()))
        wish = self._wish(lately, now) if self._rule.suspends else None
        begun = (await self._book.change(source, partial(_enter, storm, wish))).storm
        if begun.storm_id == storm.storm_id:  # no other replica was faster
            self._storms.labels(source).inc()
            log.warning("alert_storm_began", source=source, storm=storm.storm_id, alerts=storm.alerts)
        return begun.storm_id

    async def _end(self, source: str, now: int) -> None:
        storm = self._book.known(source).storm
        alerts = self._projection.count_raised(source, storm.begin_time.ToNanoseconds())
        ended = (await self._book.change(source, partial(_leave, storm.storm_id, alerts, now))).storm
        log.info("alert_storm_ended", source=source, storm=ended.storm_id, alerts=ended.alerts)

    def _goes_on(self, record: records_pb2.SourceRecord, now: int) -> bool:
        """Whether the camera was to be suspended a window ago: somebody has resumed it within its storm."""
        wish = record.suspension
        old = wish.time.ToNanoseconds() <= now - self._rule.window_ns
        return self._rule.suspends and old and not is_pending(record) and wish.outcome != NOT_FOUND

    def _wish(self, lately: dict[str, int], now: int) -> records_pb2.SuspensionWish:
        seconds = self._rule.window.total_seconds()
        wish = records_pb2.SuspensionWish(
            reason=camera_service_pb2.SUSPENSION_REASON_ALERT_STORM,
            message=(
                f"It raised {len(lately)} alerts in {seconds:g} seconds (limit {self._rule.alerts}): "
                "find out why, then have it resumed."
            ),
        )
        wish.since.FromNanoseconds(min(lately.values()))
        wish.time.FromNanoseconds(now)
        return wish


def is_raging(record: records_pb2.SourceRecord) -> bool:
    """Whether a storm goes on."""
    return record.HasField("storm") and not record.storm.HasField("end_time")


def _enter(
    storm: events_pb2.AlertStorm, wish: records_pb2.SuspensionWish | None, record: records_pb2.SourceRecord
) -> bool:
    if is_raging(record):
        return False
    record.storm.CopyFrom(storm)
    record.unsent.append(storm)
    if wish is not None:
        ask(wish, record)
    return True


def _leave(storm_id: str, alerts: int, now: int, record: records_pb2.SourceRecord) -> bool:
    if not is_raging(record) or record.storm.storm_id != storm_id:
        return False
    record.storm.alerts = max(alerts, record.storm.alerts)
    record.storm.end_time.FromNanoseconds(now)
    record.unsent.append(record.storm)
    return True
