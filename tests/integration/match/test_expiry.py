from __future__ import annotations

import pytest
from fakes import picture, vector_near
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import AlreadyExists, FailedPrecondition, NotFound
from sightline.chassis.identity.rights import EVERYTHING
from sightline.match.bulk_reading import Choice
from sightline.match.expiry import Expiry
from sightline.match.importing import Batch
from sightline.match.search import Terms
from sightline.v1 import events_pb2, search_service_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb


@pytest.fixture
async def match(opened, tmp_path, clock):
    """One whose time the test sets."""
    async with opened(tmp_path / "state", now=clock) as running:
        yield running


def in_an_hour(clock):
    """When something ends."""
    return {"seconds": int(clock()) + 3600}


async def deleted(match, bus, until):
    """Runs the expiry until nothing is left to be deleted."""

    async def done() -> bool:
        return not match.projection.expired_watchlists() and not match.projection.expired_persons(1)

    async with Expiry(match.projection, match.parts.erasure, Auditor(bus, "match"), pause=0.05).running():
        await until(done)


async def test_an_expired_watchlist_is_over_at_once(match, clock):
    """From that moment on it is neither searched nor listed, and nothing can be done with it; its name is not free."""
    watchlist = await match.create(expire_time=in_an_hour(clock))
    await match.enroll(watchlist, "ann")
    clock.time += 3599
    assert len(await match.found(watchlist, "ann")) == 1
    clock.time += 2
    assert match.projection.watchlists() == []
    assert match.parts.watchlists.list("", 10, EVERYTHING) == []
    assert await match.parts.watchlists.place(watchlist.id) is None
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        match.parts.watchlists.get("wanted")
    with pytest.raises(AlreadyExists, match="WATCHLIST_EXISTS"):
        await match.create()


async def test_an_expired_person_is_over_at_once(match, clock):
    """From that moment on they are not found, shown or listed, and nobody is enrolled as them; others are."""
    watchlist = await match.create()
    ending = pb.Person(external_id="ann", expire_time=in_an_hour(clock))
    await match.parts.persons.create(watchlist, ending)
    enrolled = await match.enroll(watchlist, "ann")
    ben = await match.enroll(watchlist, "ben")
    clock.time += 3601
    assert await match.found(watchlist, "ann") == []
    assert await match.found(watchlist, "ben") == [ben.face.id]
    assert match.parts.faces.page(watchlist, "", "", 10) == [ben.face]
    assert [person.external_id for person in match.parts.persons.list(watchlist, "", 10)] == ["ben"]
    for name in ("ann", enrolled.person.id):
        with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
            match.parts.persons.get(watchlist, name)
    with pytest.raises(NotFound, match="FACE_NOT_FOUND"):
        match.parts.faces.get(watchlist, enrolled.face.id)
    for shows in ("ann", "ann#2"):
        with pytest.raises(FailedPrecondition, match="PERSON_EXPIRED"):
            await match.enroll(watchlist, "ann", shows=shows)
    with pytest.raises(FailedPrecondition, match="PERSON_EXPIRED"):
        await match.parts.persons.create(watchlist, pb.Person(external_id="ann"))


async def test_an_import_does_not_know_who_has_expired(match, clock):
    """Who is deleted soon is no success: the item is refused, as an enrolment alone is, until they are gone."""
    watchlist = await match.create()
    items = [import_pb.ImportItem(key=name, person=name, image=picture(name)) for name in ("ann", "ben")]
    batch = Batch(watchlist, items, Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF))
    await match.parts.persons.create(watchlist, pb.Person(external_id="ann", expire_time=in_an_hour(clock)))
    await match.parts.importing.take(batch)
    clock.time += 3601
    said = {each.key: each for each in (await match.parts.importing.take(batch)).items}
    assert said["ann"].problem.reason == "PERSON_EXPIRED"
    assert said["ben"].outcome == import_pb.IMPORT_OUTCOME_KNOWN


async def test_what_is_being_deleted_is_not_brought_back(match, clock, monkeypatch):
    """A later end that is set for a person or a watchlist in the moment of their deletion comes too late."""
    watchlist = await match.create()
    person = (await match.enroll(watchlist, "ann")).person
    later, read = {"seconds": int(clock()) + 7200}, match.parts.records.read
    mask = FieldMask(paths=["expire_time"])

    async def overtaken(record):
        monkeypatch.setattr(match.parts.records, "read", read)
        await match.parts.erasure._mark(record)
        return await read(record)

    monkeypatch.setattr(match.parts.records, "read", overtaken)
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await match.parts.persons.update(watchlist, "ann", pb.Person(expire_time=later), mask)
    monkeypatch.setattr(match.parts.records, "read", overtaken)
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        await match.parts.watchlists.update("wanted", pb.Watchlist(expire_time=later), mask)
    assert [each.id for each in match.projection.expired_persons(10)] == [person.id]
    assert [each.id for each in match.projection.expired_watchlists()] == [watchlist.id]


async def test_who_has_expired_takes_nobodys_place(match, clock):
    """Until their faces are deleted, a search for one face, or one person, finds the next one behind theirs."""
    watchlist = await match.create()
    await match.parts.persons.create(watchlist, pb.Person(external_id="ann", expire_time=in_an_hour(clock)))
    for again in range(6):
        await match.enroll(watchlist, "ann", shows=f"ann#{again}")
    near = pb.TrustedTemplate(vector=vector_near("ann", 0.95).tolist(), embedder_id=watchlist.embedder_id)
    ben = await match.enroll(watchlist, "ben", source=near)
    clock.time += 3601
    sought = await match.parts.probes.read(search_service_pb2.BatchProbe(image=picture("ann")), None)
    [faces] = await match.parts.search.faces(sought, Terms([watchlist], limit=1))
    assert [each.face.id for each in faces] == [ben.face.id]
    persons = await match.parts.person_scores.persons(sought[0], Terms([watchlist], limit=1))
    assert [each.person.id for each in persons] == [ben.person.id]


async def test_what_has_expired_is_deleted_and_in_the_trail(match, clock, bus, until, stored):
    """Everything of it goes; the trail says that match did it, and why; what has not expired stays."""
    wanted, other = await match.create(expire_time=in_an_hour(clock)), await match.create("other")
    await match.enroll(wanted, "ann")
    await match.parts.persons.create(other, pb.Person(external_id="ben", expire_time=in_an_hour(clock)))
    ben = await match.enroll(other, "ben")
    kept = await match.enroll(other, "cat")
    clock.time += 3601
    await deleted(match, bus, until)
    assert match.projection.kept_watchlist(wanted.id) is None
    assert match.projection.kept_person(ben.person.id) is None
    assert await match.found(other, "cat") == [kept.face.id]
    events = await stored(bus, "AUDIT", events_pb2.AuditEvent)
    assert [(each.action, each.object_id, each.detail) for each in events] == [
        ("gallery.delete_watchlist", wanted.id, "1 faces"),
        ("gallery.delete_person", ben.person.id, "1 faces"),
    ]
    assert {(each.principal, each.purpose, each.outcome) for each in events} == {("service:match", "expired", "ok")}
    assert (await match.create()).id != wanted.id


async def test_the_end_can_be_put_off(match, clock):
    """Whoever changes the end in time keeps the watchlist."""
    await match.create(expire_time=in_an_hour(clock))
    changes = pb.Watchlist()
    changes.expire_time.FromSeconds(int(clock()) + 7200)
    await match.parts.watchlists.update("wanted", changes, FieldMask(paths=["expire_time"]))
    clock.time += 3601
    assert match.parts.watchlists.get("wanted").name == "wanted"


async def test_an_enrolment_that_is_overtaken_by_the_end_leaves_nothing(match, clock, bus, until):
    """A face that was being enrolled while its person ended is taken back, and the caller learns it."""
    watchlist = await match.create()
    await match.parts.persons.create(watchlist, pb.Person(external_id="ann", expire_time=in_an_hour(clock)))
    reader = match.parts.enrolment._examination._reader
    read = reader.taken

    async def slow(*args, **kwargs):
        clock.time += 3601
        return await read(*args, **kwargs)

    reader.taken = slow
    with pytest.raises((NotFound, FailedPrecondition), match="PERSON_"):
        await match.enroll(watchlist, "ann")
    await deleted(match, bus, until)
    assert match.projection.roll(watchlist.id).size == 0
