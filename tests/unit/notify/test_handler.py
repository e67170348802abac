from __future__ import annotations

import pytest
from fakes import CalmWeather, MemoryAlerts, MemoryRecords, sighting_of
from prometheus_client import CollectorRegistry
from releases import COMING, Release, coming, filled

from sightline.chassis.errors import Conflict, InvalidInput, Unavailable
from sightline.chassis.handling import Delivery
from sightline.notify.alert_book import AlertBook
from sightline.notify.alert_metrics import AlertMetrics
from sightline.notify.handler import Alerting
from sightline.notify.review import expire
from sightline.v1 import events_pb2, records_pb2
from sightline.v1.gallery_service_pb2 import AlertPriority


def book_of(conflicts=0):
    """Records in memory; so many writes of alerts fail, as somebody was faster."""
    return AlertBook(MemoryRecords(records_pb2.AlertRecord, conflicts), MemoryRecords(records_pb2.AlertWindows))


async def handled(book, sink, *sightings, deliveries=1):
    """Notify after these sightings, which came so often."""
    alerting = Alerting(book, sink, CalmWeather(), AlertMetrics(CollectorRegistry()))
    for sequence, sighting in enumerate(sightings, 1):
        await alerting.handle(sighting, Delivery("subject", b"", sequence, deliveries))


async def test_an_alert_is_published_once_for_each_change():
    """A sighting raises revision 1, a better one revision 2, and what is known says nothing."""
    sink = MemoryAlerts()
    first, second = sighting_of("a", 0), sighting_of("a", 1, revision=2, cosine=0.99)
    await handled(book_of(), sink, first, first, second, first, second)
    assert [alert.revision for alert in sink.published] == [1, 2]


async def test_what_was_recorded_and_not_sent_is_sent_on_redelivery():
    """A crash between the record and its message loses nothing: the same sighting again sends the same revision."""
    sink, book = MemoryAlerts(failures=[Unavailable("BROKER_UNAVAILABLE", "away")]), book_of()
    with pytest.raises(Unavailable):
        await handled(book, sink, sighting_of("a", 0))
    assert sink.published == []
    await handled(book, sink, sighting_of("a", 0), deliveries=2)
    await handled(book, sink, sighting_of("a", 0))
    assert [alert.revision for alert in sink.published] == [1]


async def test_a_record_that_somebody_else_changed_is_read_again():
    """A conflict is tried again; one that never ends is given back."""
    sink = MemoryAlerts()
    await handled(book_of(conflicts=2), sink, sighting_of("a", 0))
    assert [alert.revision for alert in sink.published] == [1]
    with pytest.raises(Conflict, match="ALERT_CHANGED"):
        await handled(book_of(conflicts=99), sink, sighting_of("a", 0))


async def test_who_comes_after_an_expired_alert_raises_another():
    """It takes what belongs to its own tracks; somebody else within its window is a new alert."""
    book, sink = book_of(), MemoryAlerts()
    await handled(book, sink, sighting_of("a", 0))
    [first] = sink.published
    stored = await book.alert(first.id)
    expire(stored.record)
    await book.put_alert(stored)
    await handled(book, sink, sighting_of("a", 1, revision=2), sighting_of("b", 2), sighting_of("b", 2))
    same, other = sink.published[1:]
    assert (same.id, list(same.track_ids)) == (first.id, ["a"])
    assert (other.id != first.id, list(other.track_ids)) == (True, ["b"])


async def test_a_sighting_of_nobody_is_refused():
    """Without a candidate there is nothing to alert about, now or later."""
    with pytest.raises(InvalidInput, match="SIGHTING_EMPTY"):
        await handled(book_of(), MemoryAlerts(), events_pb2.Sighting())


async def test_a_sighting_of_a_newer_release_is_an_alert():
    """Fields and values that this release does not know are in the alert, for whoever knows them."""
    sighting = filled(Release(coming()).kind("Sighting"))
    sink, known = MemoryAlerts(), events_pb2.Sighting.FromString(sighting.SerializeToString())
    await handled(book_of(), sink, known)
    (alert,) = sink.published
    assert alert.priority == sighting.priority not in AlertPriority.values()
    assert alert.reviews_missing == 2
    assert COMING.encode() in alert.sighting.SerializeToString()
