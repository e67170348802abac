"""Puts together what looks at the alerts of each camera taken together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sightline.chassis.rpc import open_channel
from sightline.notify.cameras import IngestCameras
from sightline.notify.false_alarm_limit import FalseAlarmLimit, FalseAlarmRule
from sightline.notify.source_book import open_source_book
from sightline.notify.source_upkeep import SourceUpkeep
from sightline.notify.storm_news import StormNews
from sightline.notify.storms import StormRule, Storms
from sightline.notify.suspending import Suspending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.chassis.rpc import Credentials
    from sightline.notify.projection import AlertProjection
    from sightline.notify.settings import NotifySettings


@dataclass(frozen=True)
class Sources:
    """What notices storms, and for health whether the records can be read."""

    storms: Storms
    check: Callable[[], Awaitable[None]]


@asynccontextmanager
async def watching_sources(
    settings: NotifySettings, bus: Bus, registry: CollectorRegistry, projection: AlertProjection, to_ingest: Credentials
) -> AsyncIterator[Sources]:
    """Ends storms, and suspends cameras that should be, while the block runs."""
    book = await open_source_book(bus)
    async with open_channel(settings.ingest_target, to_ingest) as ingest, book.following():
        limit = FalseAlarmLimit(projection, book, false_alarm_rule(settings))
        suspending = Suspending(book, IngestCameras(ingest), registry)
        storms = Storms(projection, book, storm_rule(settings), registry)
        async with SourceUpkeep([storms, StormNews(book, bus), limit, suspending]).running():
            yield Sources(storms, book.check)


def false_alarm_rule(settings: NotifySettings) -> FalseAlarmRule:
    """What is too much."""
    window = timedelta(hours=settings.false_alarm_hours)
    return FalseAlarmRule(settings.false_alarm_limit, settings.false_alarm_reviews, window)


def storm_rule(settings: NotifySettings) -> StormRule:
    """What a storm is."""
    return StormRule(settings.storm_alerts, timedelta(seconds=settings.storm_seconds), settings.storm_suspends)
