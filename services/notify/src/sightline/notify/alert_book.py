"""The truth about alerts: a record for each, and for each person at a source which of them a track is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import Conflict
from sightline.chassis.topology import ALERT_RECORDS, ALERT_WINDOWS
from sightline.notify.record_book import RecordBook
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.chassis.bus import Bus
    from sightline.notify.record_book import Stored
    from sightline.v1 import alert_service_pb2, events_pb2

CAS_TRIES = 8


class AlertBook:
    """Reads and writes both; every method raises Unavailable BROKER_UNAVAILABLE."""

    def __init__(
        self, alerts: RecordBook[records_pb2.AlertRecord], windows: RecordBook[records_pb2.AlertWindows]
    ) -> None:
        self._alerts = alerts
        self._windows = windows

    async def windows(self, sighting: events_pb2.Sighting) -> Stored[records_pb2.AlertWindows]:
        """The windows of the person whom the sighting shows, at its source."""
        return await self._windows.get(f"{sighting.watchlist_id}.{sighting.candidates[0].person_id}.{sighting.source}")

    async def put_windows(self, stored: Stored[records_pb2.AlertWindows]) -> None:
        """Writes them back. Raises Conflict RECORD_CHANGED."""
        await self._windows.put(stored)

    async def alert(self, alert_id: str) -> Stored[records_pb2.AlertRecord]:
        """An alert's record; an empty one where there is none yet."""
        return await self._alerts.get(alert_id)

    async def find(self, alert_id: str) -> alert_service_pb2.Alert | None:
        """An alert; None: there is none, or not any more."""
        record = (await self.alert(alert_id)).record
        return record.alert if record.HasField("alert") else None

    async def put_alert(self, stored: Stored[records_pb2.AlertRecord]) -> None:
        """Writes it back. Raises Conflict RECORD_CHANGED."""
        await self._alerts.put(stored)

    async def forget(self, stored: Stored[records_pb2.AlertRecord]) -> None:
        """Deletes an alert's record. Raises Conflict RECORD_CHANGED."""
        await self._alerts.forget(stored)

    async def change(
        self, alert_id: str, change: Callable[[records_pb2.AlertRecord], bool]
    ) -> Stored[records_pb2.AlertRecord]:
        """Changes an alert's record, as often as somebody else is faster; `change` says whether there is a change.

        Raises:
            Conflict: RECORD_CHANGED, it keeps changing.
        """
        for _ in range(CAS_TRIES):
            stored = await self._alerts.get(alert_id)
            if not change(stored.record):
                return stored
            try:
                await self._alerts.put(stored)
            except Conflict:
                continue
            return stored
        raise Conflict("RECORD_CHANGED", "The alert keeps changing: try again.")


async def open_alert_book(bus: Bus) -> AlertBook:
    """Raises FailedPrecondition NOT_PROVISIONED."""
    alerts = RecordBook(await bus.bucket(ALERT_RECORDS), records_pb2.AlertRecord)
    return AlertBook(alerts, RecordBook(await bus.bucket(ALERT_WINDOWS), records_pb2.AlertWindows))
