"""Puts together what looks at the alerts of each camera taken together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sightline.chassis.rpc import open_channel
from sightline.notify.cameras import IngestCameras
from sightline.notify.false_alarm_limit import FalseAlarmLimit, FalseAlarmRule
from sightline.notify.source_book import open_source_book
from sightline.notify.source_upkeep import SourceUpkeep
from sightline.notify.suspending import Suspending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.chassis.rpc import Credentials
    from sightline.notify.projection import AlertProjection
    from sightline.notify.settings import NotifySettings
    from sightline.notify.source_book import SourceBook


@asynccontextmanager
async def watching_sources(
    settings: NotifySettings, bus: Bus, registry: CollectorRegistry, projection: AlertProjection, to_ingest: Credentials
) -> AsyncIterator[SourceBook]:
    """Suspends cameras that should be, while the block runs; yields their records."""
    book = await open_source_book(bus)
    async with open_channel(settings.ingest_target, to_ingest) as ingest, book.following():
        limit = FalseAlarmLimit(projection, book, false_alarm_rule(settings))
        suspending = Suspending(book, IngestCameras(ingest), registry)
        async with SourceUpkeep([limit, suspending]).running():
            yield book


def false_alarm_rule(settings: NotifySettings) -> FalseAlarmRule:
    """What is too much."""
    window = timedelta(hours=settings.false_alarm_hours)
    return FalseAlarmRule(settings.false_alarm_limit, settings.false_alarm_reviews, window)
