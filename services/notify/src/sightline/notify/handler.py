"""A sighting becomes an alert, or part of one, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from sightline.chassis import tracing
from sightline.chassis.errors import Conflict, InvalidInput
from sightline.notify.alert_growth import absorb
from sightline.notify.alert_states import takes
from sightline.notify.windows import close, place

if TYPE_CHECKING:
    from sightline.chassis.handling import Delivery
    from sightline.notify.alert_book import AlertBook
    from sightline.notify.alert_metrics import AlertMetrics
    from sightline.notify.outbox import AlertSink
    from sightline.notify.record_book import Stored
    from sightline.v1 import events_pb2, records_pb2

log = structlog.get_logger()

CAS_TRIES = 8


class StormNotice(Protocol):
    """Knows storms of alerts."""

    async def note(self, record: records_pb2.AlertRecord) -> None:
        """Writes into the record of an alert that is being raised in which storm it is, if it is in one."""


class Alerting:
    """The use case of notify."""

    def __init__(self, book: AlertBook, sink: AlertSink, storms: StormNotice, metrics: AlertMetrics) -> None:
        self._book = book
        self._sink = sink
        self._storms = storms
        self._metrics = metrics

    async def handle(self, sighting: events_pb2.Sighting, delivery: Delivery) -> None:
        """Handles one sighting, as often as it comes.

        Raises:
            InvalidInput: SIGHTING_EMPTY, it has no candidate.
        """
        if not sighting.candidates:
            raise InvalidInput("SIGHTING_EMPTY", "A sighting without a candidate is no sighting.")
        for _ in range(CAS_TRIES):
            try:
                await self._raise_or_revise(sighting, delivery)
            except Conflict:
                continue
            return
        raise Conflict("ALERT_CHANGED", "The alert keeps changing; the message comes again.")

    async def _raise_or_revise(self, sighting: events_pb2.Sighting, delivery: Delivery) -> None:
        stored = await self._placed(sighting)
        record, opened = stored.record, not stored.record.alert.id
        if absorb(record, stored.key, sighting, delivery.sequence):
            if opened:
                await self._storms.note(record)
            # The sighting comes until it has been said: the outbox has nothing to do.
            record.published_revision = record.alert.revision
            await self._book.put_alert(stored)
        elif delivery.deliveries == 1:
            return
        alert = record.alert
        tracing.note(tracing.current(), alert=alert.id, watchlist=alert.watchlist_id, source=alert.source)
        await self._sink.publish(alert)
        if opened:
            self._metrics.entered(record.alert)
            similarity = round(record.alert.person.similarity, 1)
            log.info("alert", alert=stored.key, source=record.alert.source, similarity=similarity)

    async def _placed(self, sighting: events_pb2.Sighting) -> Stored[records_pb2.AlertRecord]:
        """The record of the alert that the sighting belongs to; it is settled which one that is."""
        windows = await self._book.windows(sighting)
        placement = place(windows.record, sighting)
        stored = await self._book.alert(placement.window.alert_id)
        if not takes(stored.record, sighting.track_id):
            close(placement.window, sighting.track_id)
            placement = place(windows.record, sighting)
            stored = await self._book.alert(placement.window.alert_id)
        if placement.changed:
            await self._book.put_windows(windows)
        return stored
