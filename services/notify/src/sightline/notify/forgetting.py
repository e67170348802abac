"""An alert is forgotten: sightings, messages, picture, and last the record that says that there is something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sightline.chassis import topology
from sightline.chassis.errors import Conflict
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence

    from sightline.notify.alert_book import AlertBook
    from sightline.notify.record_book import Stored
    from sightline.v1 import records_pb2

# After its last change an alert's message may have waited for a broker.
SAID_WITHIN = timedelta(hours=1)
# An alert's times are notify's, a message's is the broker's.
CLOCKS_APART = timedelta(minutes=5)


class Messages(Protocol):
    """Messages that lie in streams."""

    def between(
        self, stream: str, subject: str, first: datetime, last: datetime
    ) -> AsyncGenerator[tuple[int, bytes], None]:
        """Sequence and body of each of that subject, from the one moment to the other."""

    async def erase(self, stream: str, sequence: int) -> None:
        """Nothing happens where it is gone."""


class Pictures(Protocol):
    """The pictures of alerts."""

    async def delete(self, alert_id: str) -> int:
        """Removes all of an alert, and returns how many there were."""


class Forgetting:
    """Each step can be repeated: where a process dies over it, the next look finds the record again."""

    def __init__(self, book: AlertBook, pictures: Pictures, messages: Messages) -> None:
        self._book = book
        self._pictures = pictures
        self._messages = messages

    async def forget(self, alert_ids: Iterable[str], raised_before: float) -> AsyncGenerator[str, None]:
        """Forgets those that were raised by that moment (seconds since 1970), and gives the id of each as it is gone.

        Whatever somebody changes at this moment is left to the next look. Raises Unavailable.
        """
        found = [await self._book.alert(alert_id) for alert_id in alert_ids]
        due = [each for each in found if each.record.alert.id and _raised(each) <= raised_before]
        await self._forget_messages(due)
        for stored in due:
            for sequence in stored.record.sighting_sequences:
                await self._messages.erase(topology.SIGHTINGS, sequence)
            await self._pictures.delete(stored.key)
            try:
                await self._book.forget(stored)
            except Conflict:
                continue
            yield stored.key

    async def _forget_messages(self, due: Sequence[Stored[records_pb2.AlertRecord]]) -> None:
        """What was said of them: no record says where, so each watchlist's messages of their time are looked at."""
        for watchlist in sorted({each.record.alert.watchlist_id for each in due}):
            alerts = [each.record.alert for each in due if each.record.alert.watchlist_id == watchlist]
            first = min(alert.create_time.ToDatetime(UTC) for alert in alerts) - CLOCKS_APART
            last = max(alert.update_time.ToDatetime(UTC) for alert in alerts) + SAID_WITHIN
            ids = {alert.id for alert in alerts}
            for stream, subject, alert_of in (
                (topology.ALERTS, topology.alerts_of(watchlist), _told_alert),
                (topology.EVENTS, topology.alert_events_of(watchlist), _told_alert),
                (topology.EVENTS, topology.stream_records_of(watchlist), _recorded_alert),
            ):
                async for sequence, body in self._messages.between(stream, subject, first, last):
                    if alert_of(body) in ids:
                        await self._messages.erase(stream, sequence)


def _told_alert(body: bytes) -> str:
    return pb.AlertEvent.FromString(body).alert.id


def _recorded_alert(body: bytes) -> str:
    return events_pb2.StreamProcessorRecord.FromString(body).alert_id


def _raised(stored: Stored[records_pb2.AlertRecord]) -> float:
    return stored.record.alert.create_time.ToNanoseconds() / 1e9
