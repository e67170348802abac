"""Pictures that come behind the end of their alert: nobody would find them there, and none stays."""

from __future__ import annotations

import pytest
from fakes import sighting_of

from sightline.chassis.errors import Unavailable
from sightline.chassis.handling import Delivery
from sightline.chassis.topology import EVIDENCE, NOTIFY_KEYS
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.notify.evidence_lane import EvidenceLane
from sightline.notify.outbox import BusAlerts
from sightline.notify.reference_lane import ReferenceLane
from sightline.notify.sightings import BusSightings
from sightline.v1 import alert_service_pb2 as pb

TRACK, FACE, PERSON = "a" * 26, "f" * 26, "p" * 26


class Graveyard:
    """Nobody is enrolled again."""

    async def is_gone(self, *_):
        return True


@pytest.fixture
async def event(alerting, stored, book, enrolled, bus):
    """The message of an alert whose pictures are still to be fetched."""
    enrolled.pictures[FACE] = b"reference"
    sighting = sighting_of(TRACK, 0)
    sighting.candidates[0].face_id = FACE
    await alerting(sighting)
    event = (await stored("ALERTS", pb.AlertEvent))[0][0]

    def unfetched(record):
        record.evidence_sequence = record.reference_sequence = 0
        return True

    await book.change(event.alert.id, unfetched)
    return event


@pytest.fixture
def lane(request, event, bus, book, evidence, erasure, monkeypatch):
    """What fetches pictures."""
    monkeypatch.setattr(erasure, "_graveyard", Graveyard())
    if request.param == "evidence":
        monkeypatch.setattr(erasure, "catches", catches)
        return EvidenceLane(book, BusSightings(bus), evidence, BusAlerts(bus), erasure)
    return ReferenceLane(book, evidence, erasure)


async def catches(record):
    """As the erasure of persons says it."""
    return record.alert.HasField("redact_time")


async def pictures(bus, alert_id):
    """Of an alert: as many as there are."""
    store = await bus.object_store(EVIDENCE)
    return [each.name async for each in store.there() if each.name.startswith(alert_id)]


def come(times):
    """The message, which comes for that time."""
    return Delivery("", b"", 1, times)


@pytest.fixture
def overtaken(book, evidence, erasure, monkeypatch):
    """A function that has an alert forgotten, or its person erased, between the picture and the record."""

    def by(how, *, dies=False):
        change = book.change

        async def end(alert_id, *args):
            monkeypatch.setattr(book, "change", change)
            stored = await book.alert(alert_id)
            if how == "forgotten":
                await book.forget(stored)
            else:
                await erasure.unname(alert_id, PERSON)
            if dies:
                raise Unavailable("BROKER_UNAVAILABLE", "It dies here.")
            return await change(alert_id, *args)

        monkeypatch.setattr(book, "change", end)

    return by


@pytest.mark.parametrize("lane", ["evidence", "references"], indirect=True)
async def test_none_stays_of_an_alert_that_is_forgotten_meanwhile(lane, event, evidence, overtaken, bus):
    """Retention has removed those that there were, and the record after them."""
    await evidence.delete(event.alert.id)
    overtaken("forgotten")
    await lane.handle(event, come(1))
    assert await pictures(bus, event.alert.id) == []


@pytest.mark.parametrize("lane", ["evidence", "references"], indirect=True)
@pytest.mark.parametrize("how", ["forgotten", "erased"])
async def test_nor_does_one_of_a_process_that_died_over_it(lane, event, evidence, overtaken, bus, how):
    """The message comes again, and finds that the alert has ended."""
    await evidence.discard(event.alert.id, PERSON)
    overtaken(how, dies=True)
    with pytest.raises(Unavailable):
        await lane.handle(event, come(1))
    assert await pictures(bus, event.alert.id)
    await lane.handle(event, come(2))
    assert await pictures(bus, event.alert.id) == []
    if how == "erased":
        assert PERSON not in {each.owner async for each in WrappedKeys(bus, NOTIFY_KEYS).revisions()}
