"""Which messages are looked at where an alert is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from sightline.notify.forgetting import Forgetting
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import records_pb2

RAISED = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Book:
    """One alert."""

    async def alert(self, alert_id):
        record = records_pb2.AlertRecord(alert=pb.Alert(id=alert_id, watchlist_id="w" * 26))
        record.alert.create_time.FromDatetime(RAISED)
        record.alert.update_time.FromDatetime(RAISED)
        return SimpleNamespace(record=record, key=alert_id)

    async def forget(self, _):
        """It is gone."""


class Pictures:
    async def delete(self, _):
        return 0


class Messages:
    """Each stream has one message, of that moment by the broker's clock."""

    def __init__(self, at):
        self.at = at
        self.erased = []

    async def between(self, stream, _, first, last):
        if stream == "ALERTS" and first <= self.at <= last:
            yield 7, pb.AlertEvent(alert=pb.Alert(id="a")).SerializeToString()

    async def erase(self, stream, sequence):
        self.erased.append((stream, sequence))


async def test_a_message_is_found_whosever_clock_is_ahead():
    """The alert's time is notify's, and the message's is the broker's, which may be a minute behind or ahead."""
    for skew in (timedelta(minutes=-1), timedelta(), timedelta(minutes=1)):
        messages = Messages(RAISED + skew)
        gone = [each async for each in Forgetting(Book(), Pictures(), messages).forget(["a"], RAISED.timestamp())]
        assert (gone, messages.erased) == (["a"], [("ALERTS", 7)])
