"""People decide about alerts; what nobody decides in time ends by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import Conflict
from sightline.chassis.etag import require_etag
from sightline.notify.alert_states import SETTLED, shown
from sightline.notify.review import decide, expire

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.notify.alert_book import AlertBook
    from sightline.notify.alert_metrics import AlertMetrics
    from sightline.notify.outbox import Outbox
    from sightline.notify.record_book import Stored
    from sightline.v1 import alert_service_pb2 as pb
    from sightline.v1 import records_pb2


class Reviewing:
    """Changes alerts as people decide, and says so."""

    def __init__(self, book: AlertBook, outbox: Outbox, metrics: AlertMetrics) -> None:
        self._book = book
        self._outbox = outbox
        self._metrics = metrics

    async def review(self, alert_id: str, review: pb.Review, etag: str) -> pb.Alert:
        """Takes one person's decision, and returns the alert as everybody may see it.

        Raises:
            FailedPrecondition: ALERT_SETTLED.
            PermissionDenied: ALREADY_REVIEWED, REVIEWER_ENROLLED.
            Conflict: ETAG_DIFFERS, RECORD_CHANGED.
        """

        def reviewed(record: records_pb2.AlertRecord) -> bool:
            require_etag(record.alert, etag)
            decide(record, review)
            return True

        return await self._changed(alert_id, reviewed)

    async def expire(self, alert_id: str, now: float) -> pb.Alert:
        """Ends an alert that is due at `now`, in seconds since 1970; what was settled meanwhile stays as it is."""

        def overdue(record: records_pb2.AlertRecord) -> bool:
            alert = record.alert
            due = alert.HasField("expire_time") and alert.expire_time.ToNanoseconds() <= now * 1e9
            if due and alert.state not in SETTLED:
                expire(record)
                return True
            return False

        return await self._changed(alert_id, overdue)

    async def send(self, alert_id: str) -> None:
        """Sends what was not sent, because a process died over it."""
        await self._sent(await self._book.alert(alert_id))

    async def _changed(self, alert_id: str, change: Callable[[records_pb2.AlertRecord], bool]) -> pb.Alert:
        before = 0

        def noting(record: records_pb2.AlertRecord) -> bool:
            nonlocal before
            before = record.alert.state
            return change(record)

        stored = await self._book.change(alert_id, noting)
        alert = shown(stored.record.alert)
        if alert.state != before:
            self._metrics.entered(alert)
        await self._sent(stored)
        return alert

    async def _sent(self, stored: Stored[records_pb2.AlertRecord]) -> None:
        try:
            await self._outbox.send(stored)
        except Conflict:
            # Whoever changed it meanwhile sends the newer revision; if they die, the upkeep does.
            return
