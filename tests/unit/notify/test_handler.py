from __future__ import annotations

import pytest
from fakes import MemoryAlerts, sighting_of

from sightline.chassis.errors import Conflict, InvalidInput, Unavailable
from sightline.notify.alerts import Stored
from sightline.notify.handler import Alerting
from sightline.v1 import alert_service_pb2, events_pb2, records_pb2


class MemoryRecords:
    """Alert records in a dictionary; so many writes as it is told fail with Conflict."""

    def __init__(self, conflicts: int = 0) -> None:
        self._records: dict[str, bytes] = {}
        self._conflicts = conflicts

    async def get(self, sighting):
        key = sighting.candidates[0].person_id
        return Stored(key, records_pb2.AlertRecord.FromString(self._records.get(key, b"")), None)

    async def put(self, stored):
        if self._conflicts:
            self._conflicts -= 1
            raise Conflict("ALERT_CHANGED", "Somebody was faster.")
        self._records[stored.key] = stored.record.SerializeToString()


class MemoryEvidence:
    """Keeps pictures in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def keep(self, alert_id, sighting):
        self.kept[alert_id] = sighting.crop
        return alert_service_pb2.EVIDENCE_KIND_CROP


async def test_an_alert_is_published_once_for_each_change():
    """A sighting raises revision 1, a better one revision 2, and what is known says nothing."""
    sink, evidence = MemoryAlerts(), MemoryEvidence()
    alerting = Alerting(MemoryRecords(), evidence, sink)
    first, second = sighting_of("a", 0), sighting_of("a", 1, revision=2, cosine=0.99)
    for sighting in (first, first, second, first, second):
        await alerting.handle(sighting)
    assert [alert.revision for alert in sink.published] == [1, 2]
    assert evidence.kept == {sink.published[0].id: b"crop of a"}
    assert sink.published[1].evidence == alert_service_pb2.EVIDENCE_KIND_CROP


async def test_what_was_recorded_and_not_sent_is_sent_on_redelivery():
    """A crash between the record and its message loses nothing: the same sighting again sends the same revision."""
    sink, records = MemoryAlerts(failures=[Unavailable("BROKER_UNAVAILABLE", "away")]), MemoryRecords()
    with pytest.raises(Unavailable):
        await Alerting(records, MemoryEvidence(), sink).handle(sighting_of("a", 0))
    assert sink.published == []
    for _ in range(2):
        await Alerting(records, MemoryEvidence(), sink).handle(sighting_of("a", 0))
    assert [alert.revision for alert in sink.published] == [1]


async def test_a_record_that_somebody_else_changed_is_read_again():
    """A conflict is tried again; one that never ends is given back."""
    sink = MemoryAlerts()
    await Alerting(MemoryRecords(conflicts=2), MemoryEvidence(), sink).handle(sighting_of("a", 0))
    assert [alert.revision for alert in sink.published] == [1]
    with pytest.raises(Conflict, match="ALERT_CHANGED"):
        await Alerting(MemoryRecords(conflicts=99), MemoryEvidence(), sink).handle(sighting_of("a", 0))


async def test_a_sighting_of_nobody_is_refused():
    """Without a candidate there is nothing to alert about, now or later."""
    with pytest.raises(InvalidInput, match="SIGHTING_EMPTY"):
        await Alerting(MemoryRecords(), MemoryEvidence(), MemoryAlerts()).handle(events_pb2.Sighting())
