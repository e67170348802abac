"""A sighting becomes an alert, or part of one, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from sightline.chassis.errors import Conflict, InvalidInput
from sightline.notify.windows import place

if TYPE_CHECKING:
    from sightline.notify.alerts import Alerts, Stored
    from sightline.v1 import alert_service_pb2, events_pb2, records_pb2

log = structlog.get_logger()

CAS_TRIES = 5


class AlertSink(Protocol):
    """Where alerts go: the reviewers' screens, and what may leave the system."""

    async def publish(self, alert: alert_service_pb2.Alert) -> None:
        """Returns once the broker has it; the same revision again has no effect."""


class EvidenceKeeper(Protocol):
    """Keeps the picture that shows why."""

    async def keep(self, alert_id: str, sighting: events_pb2.Sighting) -> alert_service_pb2.EvidenceKind:
        """Stores the snapshot, or the crop where there is none, and says which."""


class Alerting:
    """The use case of notify."""

    def __init__(self, alerts: Alerts, evidence: EvidenceKeeper, sink: AlertSink) -> None:
        self._alerts = alerts
        self._evidence = evidence
        self._sink = sink

    async def handle(self, sighting: events_pb2.Sighting) -> None:
        """Handles one sighting, as often as it comes.

        Raises:
            InvalidInput: SIGHTING_EMPTY, it has no candidate.
        """
        if not sighting.candidates:
            raise InvalidInput("SIGHTING_EMPTY", "A sighting without a candidate is no sighting.")
        for _ in range(CAS_TRIES):
            try:
                await self._raise_or_revise(sighting)
            except Conflict:
                continue
            return
        raise Conflict("ALERT_CHANGED", "The alert keeps changing; the message comes again.")

    async def _raise_or_revise(self, sighting: events_pb2.Sighting) -> None:
        stored = await self._alerts.get(sighting)
        placement = place(stored.record, sighting)
        alert = placement.window.alert
        if placement.opened:
            alert.evidence = await self._evidence.keep(alert.id, sighting)
        if placement.changed:
            await self._alerts.put(stored)
        if placement.opened:
            log.info("alert", alert=alert.id, source=alert.source, similarity=round(alert.person.similarity, 1))
        await self._send(stored, placement.window)

    async def _send(self, stored: Stored, window: records_pb2.AlertWindow) -> None:
        """The outbox: the record is the truth, and its message is sent until the record says that it was."""
        if window.published_revision >= window.alert.revision:
            return
        await self._sink.publish(window.alert)
        window.published_revision = window.alert.revision
        await self._alerts.put(stored)
