"""Whoever is erased goes from their alerts: by the receipts of erasures, through a real worker."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, closing

import pytest
from fakes import sighting_of
from prometheus_client import CollectorRegistry

from sightline.chassis import topology
from sightline.chassis.audit import Auditor
from sightline.chassis.errors import NotFound
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.handling import one_by_one, reading
from sightline.chassis.identity.rights import FULL_REACH
from sightline.chassis.ids import new_id
from sightline.chassis.principal import Principal, enter
from sightline.chassis.receipts import Erased, Step
from sightline.chassis.tail import last_sequence
from sightline.chassis.topology import NOTIFY_ERASED
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.notify.feed import AlertFeed
from sightline.notify.presence import Presence
from sightline.notify.projection import AlertProjection
from sightline.notify.servicer import AlertServicer
from sightline.notify.sightings import BusSightings
from sightline.notify.tombstones import Tombstones
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1.erasure_service_pb2 import ReceiptEntry
from sightline.v1.records_pb2 import LedgerEntry

ANN, BEN = "p" * 26, "q" * 26
WATCHLIST = "w" * 26
TRACK, OTHER = "a" * 26, "b" * 26
STEPS = ["alerts-redacted", "sightings-deleted", "pictures-deleted", "pictures-key-destroyed"]


@pytest.fixture
def erased(bus):
    """A function that does what match does of an erasure that notify hears of, and returns the step's number."""

    async def write(kind, record, occasion="1", at=None):
        person = record if kind is GalleryKind.PERSON else ""
        step = Erased(WATCHLIST, person, occasion)
        entry = ReceiptEntry(
            receipt_id=step.receipt_id,
            service="match",
            step=Step.KEY_DESTROYED,
            watchlist_id=WATCHLIST,
            person_id=person,
            occasion=occasion,
        )
        entry.time.FromNanoseconds(at or time.time_ns())
        number = await bus.publish(topology.receipts(entry.receipt_id), entry, dedup_id=new_id())
        tombstone = LedgerEntry()
        tombstone.delete_time.GetCurrentTime()
        await bus.publish(gallery(WATCHLIST, kind, record), tombstone, dedup_id=new_id())
        return number

    return write


@pytest.fixture
def erasing(bus, erasures, erased, until):
    """A function that erases records of the gallery, and returns once notify has heard of it."""

    async def run(*records):
        for kind, record in records:
            await erased(kind, record)
        handle = one_by_one(reading(ReceiptEntry, erasures.handle))
        async with Worker(bus, NOTIFY_ERASED, handle, WorkerMetrics(CollectorRegistry()), max_batch=16).running():
            await until(lambda: done(bus))

    return run


async def done(bus) -> bool:
    return not await bus.lag(NOTIFY_ERASED)


async def enrolled(bus, person):
    """They are in the gallery, for the first time or again."""
    entry = LedgerEntry(key_id=person, nonce=b"n", ciphertext=b"c")
    await bus.publish(gallery(WATCHLIST, GalleryKind.PERSON, person), entry, dedup_id=new_id())


def of(person_id, track_id, at=0, **fields):
    """A sighting with names."""
    sighting = sighting_of(track_id, at, person_id=person_id, **fields)
    sighting.candidates[0].external_id = f"case of {person_id}"
    sighting.candidates[0].display_name = f"name of {person_id}"
    sighting.candidates[0].external_image_id = f"{person_id}.jpg"
    return sighting


async def alerts_of(bus, book) -> dict[str, pb.Alert]:
    """What is recorded now, by person."""
    records = [(await book.alert(key)).record.alert for key in await bus.keys("alerts")]
    return {alert.person.person_id: alert for alert in records}


def folder_has(nats_server, data: bytes) -> bool:
    """Whether any file of the broker has these bytes."""
    return any(data in path.read_bytes() for path in nats_server.store.rglob("*") if path.is_file())


@pytest.fixture
async def watched(bus, tmp_path):
    """A function that gives everything that was said of alerts until now, as a watcher has it who asks from then on."""

    async def read() -> list[pb.Alert]:
        last = await last_sequence(bus, topology.ALERTS)
        feed, found = AlertFeed(bus), []
        with closing(AlertProjection(tmp_path / "watched.db", bus)) as projection:
            presence = Presence(projection, Tombstones(bus))
            async with projection.following(), feed.running(), asyncio.timeout(60):
                servicer = AlertServicer(
                    projection, feed, None, None, presence, Auditor(bus, "notify"), asyncio.Event()
                )
                enter(Principal("somebody"), FULL_REACH)
                request = pb.WatchAlertsRequest()
                request.since.FromSeconds(1)
                async with aclosing(servicer.WatchAlerts(request, None)) as answers:
                    async for answer in answers:
                        found.append(answer.alert)
                        if answer.sequence >= last:
                            break
        return found

    return read


async def test_nobody_reads_the_names_of_the_erased_in_what_was_said_before(alerting, erasing, watched):
    """Whoever watches from an earlier moment on gets each revision as it was, but for who was erased since."""
    both = of(ANN, TRACK)
    both.candidates.append(of(BEN, OTHER).candidates[0])
    await alerting(both, of(BEN, OTHER))
    before = [alert for alert in await watched() if f"name of {ANN}" in str(alert)]
    assert before
    await erasing((GalleryKind.PERSON, ANN))
    after = await watched()
    assert {(alert.id, alert.revision) for alert in before} <= {(alert.id, alert.revision) for alert in after}
    assert not [alert for alert in after if f"of {ANN}" in str(alert) or f"{ANN}.jpg" in str(alert)]
    assert [alert for alert in after if f"name of {BEN}" in str(alert)]


async def test_the_erased_go_from_their_alerts_and_others_stay(alerting, erasing, stored, bus, book, evidence):
    """Names, pictures and sightings go; what was decided, when and where stays, and so does everybody else's alert."""
    await alerting(of(ANN, TRACK), of(BEN, OTHER))
    before = await alerts_of(bus, book)
    await erasing((GalleryKind.PERSON, ANN))
    after = await alerts_of(bus, book)
    gone = after[ANN]
    assert (gone.person.external_id, gone.person.display_name) == ("", "")
    assert gone.person.external_image_id == ""
    for each in gone.sighting.candidates:
        assert (each.external_id, each.display_name, each.external_image_id) == ("", "", "")
    assert gone.HasField("redact_time")
    assert list(gone.history) == list(before[ANN].history)
    assert (gone.state, gone.source, gone.revision) == (pb.ALERT_STATE_RAISED, "s" * 26, before[ANN].revision + 1)
    assert after[BEN] == before[BEN]
    with pytest.raises(NotFound, match="EVIDENCE_NOT_FOUND"):
        await evidence.get(gone.id)
    assert await evidence.get(after[BEN].id) == b"crop of " + OTHER.encode()
    said = [event.alert for event, _ in await stored("ALERTS", pb.AlertEvent)][-1]
    assert (said.id, said.revision, said.person.display_name) == (gone.id, gone.revision, "")


async def test_the_probes_bytes_leave_the_brokers_files(alerting, erasing, nats_server):
    """All sightings of the alert are written over, also those that it does not show; another person's are not."""
    seen = [of(ANN, TRACK), of(ANN, "c" * 26, 3, cosine=0.91)]
    probes = [sighting.crop for sighting in seen]
    await alerting(*seen, of(BEN, OTHER))
    assert all(folder_has(nats_server, probe) for probe in probes)
    await erasing((GalleryKind.PERSON, ANN))
    assert not any(folder_has(nats_server, probe) for probe in probes)
    assert folder_has(nats_server, b"crop of " + OTHER.encode())


async def test_a_further_candidate_loses_their_name_alone(alerting, erasing, bus, book, evidence):
    """An alert on somebody else keeps its pictures and its person; who was erased stands there without a name."""
    sighting = of(BEN, OTHER)
    sighting.candidates.append(of(ANN, TRACK).candidates[0])
    await alerting(sighting)
    await erasing((GalleryKind.PERSON, ANN))
    alert = (await alerts_of(bus, book))[BEN]
    assert [each.display_name for each in alert.sighting.candidates] == [f"name of {BEN}", ""]
    assert not alert.HasField("redact_time")
    assert await evidence.get(alert.id) == b"crop of " + OTHER.encode()


async def test_the_receipt_says_what_went(alerting, erasing, stored):
    """How many alerts, sightings and pictures; each step once, of the same occasion as match's."""
    await alerting(of(ANN, TRACK), of(ANN, OTHER, 3))
    await erasing((GalleryKind.PERSON, ANN))
    entries = [entry for entry, _ in await stored("RECEIPTS", ReceiptEntry) if entry.service == "notify"]
    assert [entry.step for entry in entries] == STEPS
    assert [entry.count for entry in entries] == [1, 2, 2, 0]
    assert {(e.watchlist_id, e.person_id, e.occasion) for e in entries} == {(WATCHLIST, ANN, "1")}
    assert not any(b"name of" in entry.SerializeToString() for entry in entries)


async def test_it_can_be_repeated(alerting, erasing, erasure, bus, book):
    """A second time nothing is there to be removed, and the alert is the same."""
    await alerting(of(ANN, TRACK))
    await erasing((GalleryKind.PERSON, ANN))
    [alert] = (await alerts_of(bus, book)).values()
    assert await erasure.erase(alert.id, ANN) == (0, 0)
    assert (await alerts_of(bus, book))[ANN] == alert


async def test_a_process_that_died_over_it_goes_on(alerting, erasure, bus, book):
    """Where sightings were removed and their places not yet forgotten, the next time finds nothing and ends well."""
    await alerting(of(ANN, TRACK), of(ANN, OTHER, 3))
    [alert] = (await alerts_of(bus, book)).values()
    sightings = BusSightings(bus)
    assert [await sightings.delete(place) for place in (1, 1)] == [True, False]
    assert await erasure.erase(alert.id, ANN) == (2, 1)
    assert list((await book.alert(alert.id)).record.sighting_sequences) == []


async def test_a_watchlist_takes_everybody_with_it(alerting, erasing, stored, bus, book):
    """All alerts of a deleted watchlist are without their persons; those of another one are as they were."""
    await alerting(of(ANN, TRACK), of(BEN, OTHER), of("r" * 26, "d" * 26, watchlist_id="x" * 26))
    await erasing((GalleryKind.WATCHLIST, WATCHLIST))
    alerts = await alerts_of(bus, book)
    assert {person: alert.HasField("redact_time") for person, alert in alerts.items()} == {
        ANN: True,
        BEN: True,
        "r" * 26: False,
    }
    entries = [entry for entry, _ in await stored("RECEIPTS", ReceiptEntry) if entry.service == "notify"]
    assert [(entry.step, entry.person_id) for entry in entries] == [(step, "") for step in STEPS]
    assert entries[0].count == 2


async def test_a_watchlist_takes_the_names_of_further_candidates(alerting, erasing, bus, book):
    """Also of somebody on whom there is no alert."""
    sighting = of(BEN, OTHER)
    sighting.candidates.append(of(ANN, TRACK).candidates[0])
    await alerting(sighting)
    await erasing((GalleryKind.WATCHLIST, WATCHLIST))
    alert = (await alerts_of(bus, book))[BEN]
    assert [each.person_id for each in alert.sighting.candidates] == [BEN, ANN]
    assert not any(each.external_id or each.display_name for each in alert.sighting.candidates)


async def test_a_further_candidate_that_was_on_its_way_has_no_name(alerting, erasing, bus, book):
    """A sighting of somebody else that arrives behind the erasure names nobody who is erased."""
    await erasing((GalleryKind.PERSON, ANN))
    late = of(BEN, OTHER)
    late.candidates.append(of(ANN, TRACK).candidates[0])
    await alerting(late)
    alert = (await alerts_of(bus, book))[BEN]
    assert [each.display_name for each in alert.sighting.candidates] == [f"name of {BEN}", ""]
    assert not alert.HasField("redact_time")


async def test_nor_has_one_that_their_picture_alone_names(alerting, erasing, bus, book):
    """The customer's id of the picture goes as the others do, also where there is no other."""
    await erasing((GalleryKind.PERSON, ANN))
    late = of(BEN, OTHER)
    late.candidates.add(person_id=ANN, face_id="f" * 26, external_image_id=f"{ANN}.jpg")
    await alerting(late)
    alert = (await alerts_of(bus, book))[BEN]
    assert [each.external_image_id for each in alert.sighting.candidates] == [f"{BEN}.jpg", ""]


@pytest.mark.parametrize("track", [TRACK, OTHER], ids=["of a track that it has", "of another track"])
async def test_what_was_on_its_way_goes_as_well(alerting, erasing, bus, book, nats_server, track):
    """A sighting that arrives behind the erasure leaves neither a name nor its picture."""
    await alerting(of(ANN, TRACK))
    await erasing((GalleryKind.PERSON, ANN))
    late = of(ANN, track, 2, revision=2, cosine=0.99)
    late.crop = b"crop that came late"
    await alerting(late)
    for key in await bus.keys("alerts"):
        record = (await book.alert(key)).record
        assert record.alert.HasField("redact_time")
        assert b"name of" not in record.SerializeToString()
    assert not folder_has(nats_server, late.crop)


async def test_who_is_enrolled_again_goes_from_what_was_before(alerting, erased, erasing, bus, book, evidence, stored):
    """Deleted and enrolled again while notify was away: older alerts are redacted, and later ones keep everything."""
    await alerting(of(ANN, TRACK))
    [before] = (await alerts_of(bus, book)).values()
    moment = before.create_time.ToNanoseconds()
    await erased(GalleryKind.PERSON, ANN, at=moment)
    await enrolled(bus, ANN)
    later = of(ANN, OTHER, 3600)
    await alerting(later)
    await erasing()
    alerts = {key: (await book.alert(key)).record.alert for key in await bus.keys("alerts")}
    old = alerts.pop(before.id)
    [new] = alerts.values()
    assert old.HasField("redact_time")
    assert old.person.display_name == ""
    assert not new.HasField("redact_time")
    assert new.person.display_name == f"name of {ANN}"
    assert await evidence.get(new.id) == b"crop of " + OTHER.encode()
    with pytest.raises(NotFound, match="EVIDENCE_NOT_FOUND"):
        await evidence.get(old.id)
    entries = [entry for entry, _ in await stored("RECEIPTS", ReceiptEntry) if entry.service == "notify"]
    assert [entry.step for entry in entries] == STEPS[:-1]
