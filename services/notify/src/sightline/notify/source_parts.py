"""Puts together what looks at the alerts of each camera taken together, every second."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sightline.chassis.rounds import Rounds
from sightline.chassis.rpc import open_channel
from sightline.notify.alert_workers import all_running
from sightline.notify.cameras import IngestCameras
from sightline.notify.false_alarm_limit import FalseAlarmLimit, FalseAlarmRule
from sightline.notify.source_book import open_source_book
from sightline.notify.storm_news import StormNews
from sightline.notify.storms import StormRule, Storms
from sightline.notify.suspending import Suspending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.chassis.rounds import Look
    from sightline.chassis.rpc import Credentials
    from sightline.notify.projection import AlertProjection
    from sightline.notify.settings import NotifySettings

PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Sources:
    """What notices storms, for health whether the records can be read, and what follows from them by itself."""

    storms: Storms
    check: Callable[[], Awaitable[None]]
    chores: tuple[Rounds, ...]

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Ends storms, and suspends cameras that should be, while the block runs; alerts are followed by then.

        Every replica does: what two of them do at once is done once.
        """
        async with all_running(self.chores):
            yield


@asynccontextmanager
async def watching_sources(
    settings: NotifySettings, bus: Bus, registry: CollectorRegistry, projection: AlertProjection, to_ingest: Credentials
) -> AsyncIterator[Sources]:
    """Follows the records of cameras while the block runs."""
    book = await open_source_book(bus)
    async with open_channel(settings.ingest_target, to_ingest) as ingest, book.following():
        limit = FalseAlarmLimit(projection, book, false_alarm_rule(settings))
        suspending = Suspending(book, IngestCameras(ingest), registry)
        storms = Storms(projection, book, storm_rule(settings), registry)
        looks: dict[str, Look] = {
            "storms": storms.look,
            "storm-news": StormNews(book, bus).look,
            "false-alarms": limit.look,
            "suspending": suspending.look,
        }
        chores = tuple(Rounds(name, look, PAUSE_SECONDS) for name, look in looks.items())
        yield Sources(storms, book.check, chores)


def false_alarm_rule(settings: NotifySettings) -> FalseAlarmRule:
    """What is too much."""
    window = timedelta(hours=settings.false_alarm_hours)
    return FalseAlarmRule(settings.false_alarm_limit, settings.false_alarm_reviews, window)


def storm_rule(settings: NotifySettings) -> StormRule:
    """What a storm is."""
    return StormRule(settings.storm_alerts, timedelta(seconds=settings.storm_seconds), settings.storm_suspends)
