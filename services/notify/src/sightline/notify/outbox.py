"""Alerts on their way out: the record is the truth, and its message is sent until the record says that it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.chassis import topology
from sightline.chassis.enum_names import enum_word
from sightline.notify.alert_states import may_leave, shown
from sightline.v1 import alert_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.notify.alert_book import AlertBook
    from sightline.notify.record_book import Stored
    from sightline.v1 import records_pb2


class AlertSink(Protocol):
    """Where alerts go: the reviewers' screens, and what may leave the system."""

    async def publish(self, alert: pb.Alert) -> None:
        """Returns once the broker has it; the same revision again has no effect."""


class BusAlerts:
    """An AlertSink on the ALERTS and EVENTS streams."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, alert: pb.Alert) -> None:
        """See AlertSink. Nothing leaves the system before it is confirmed, where the policy asks for a review."""
        # What a newer release left unsent is sent, under its state's number: an erasure must not wait for that release.
        state, event = enum_word(pb.AlertState, alert.state), pb.AlertEvent(alert=shown(alert))
        dedup_id = f"{alert.id}.{alert.revision}"
        await self._bus.publish(topology.alerts(alert.watchlist_id, state), event, dedup_id=dedup_id)
        if may_leave(alert):
            await self._bus.publish(topology.alert_events(state, alert.watchlist_id), event, dedup_id=dedup_id)


class Outbox:
    """Sends an alert's newest revision, and writes down that it was sent."""

    def __init__(self, book: AlertBook, sink: AlertSink) -> None:
        self._book = book
        self._sink = sink

    async def send(self, stored: Stored[records_pb2.AlertRecord]) -> None:
        """Sends what the record has, unless it was sent. Raises as the sink, and Conflict where it was changed."""
        record = stored.record
        if record.published_revision >= record.alert.revision:
            return
        await self._sink.publish(record.alert)
        record.published_revision = record.alert.revision
        await self._book.put_alert(stored)
