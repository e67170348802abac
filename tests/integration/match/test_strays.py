"""What an enrolment left that was cut off while its person or watchlist was deleted is erased by the next look."""

from __future__ import annotations

import asyncio

import pytest
from fakes import FakeFaceReader, picture
from gallery_traces import owners, references, subjects_of

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.bulk_reading import Choice
from sightline.match.importing import Batch
from sightline.match.ledger import subject_of
from sightline.match.strays import Strays
from sightline.match.templates import Templates
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb
from sightline.v1 import records_pb2

KEEPING = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF, with_references=True)


class Overtaken(FakeFaceReader):
    """A reader during whose work something happens, once."""

    def __init__(self):
        super().__init__()
        self.meanwhile = []

    async def taken(self, *args, **kwargs):
        while self.meanwhile:
            await self.meanwhile.pop()()
        return await super().taken(*args, **kwargs)


@pytest.fixture
def reader():
    return Overtaken()


@pytest.fixture
async def match(opened, tmp_path, reader, clock):
    """One with an enrolled person, so that not everything that is kept is a stray."""
    async with opened(tmp_path / "state", reader=reader, now=clock) as running:
        await running.enroll(await running.create("other", keep_references=True), "zoe")
        yield running


@pytest.fixture
def strays(bus, match):
    return Strays(bus, match.parts, match.projection)


async def import_of(match, watchlist, *people, name=""):
    """Imports a picture of each."""
    items = [import_pb.ImportItem(key=one, person=one, display_name=name, image=picture(one)) for one in people]
    await match.parts.importing.take(Batch(watchlist, items, KEEPING))


@pytest.fixture
def cut_off(match, monkeypatch):
    """A function that enrols so, and is cut off where it wants to take back what it wrote, as if its process died."""

    async def enrol(how, watchlist, *people):
        async def dies(*_):
            raise asyncio.CancelledError

        with monkeypatch.context() as patched:
            patched.setattr(match.parts.enrolment, "_withdraw_unless_wanted", dies)
            patched.setattr(match.parts.erasure, "too_late", dies)
            patched.setattr(match.parts.erasure, "without_person", dies)
            with pytest.raises(asyncio.CancelledError):
                await (match.enroll(watchlist, people[0]) if how == "alone" else import_of(match, watchlist, *people))

    return enrol


@pytest.mark.parametrize("enrols", ["alone", "import"])
async def test_nothing_stays_of_a_watchlist_that_was_deleted_meanwhile(match, bus, strays, reader, cut_off, enrols):
    """Of what came behind its end no record, key or picture is left, though who wrote it could not take it back."""
    before = await owners(bus)
    watchlist = await match.create(keep_references=True)
    reader.meanwhile.append(lambda: match.parts.watchlists.delete(watchlist.id))
    await cut_off(enrols, watchlist, "ann")
    assert len(await subjects_of(bus, watchlist)) > 1
    assert len(await references(match)) == 2
    await strays.look()
    assert await subjects_of(bus, watchlist) == {(GalleryKind.WATCHLIST, watchlist.id)}
    assert await owners(bus) == before
    assert len(await references(match)) == 1
    assert match.projection.ended_watchlists() == []


async def test_what_is_written_while_a_watchlist_ends_goes_too(match, bus, strays, monkeypatch):
    """Between the moment in which the ledger forgets it and its tombstone, which says that all is gone."""
    before = await owners(bus)
    watchlist = await match.create(keep_references=True)
    enrolled = await match.enroll(watchlist, "ann")
    release, face_id = match.parts.erasure._names.release, enrolled.face.id

    async def late(*args):
        record = records_pb2.LedgerRecord(face=records_pb2.FaceRecord(face=enrolled.face, vector=[1.0] + [0.0] * 7))
        await match.parts.ledger.append(subject_of(watchlist.id, GalleryKind.FACE, face_id), "p" * 26, record)
        await release(*args)

    monkeypatch.setattr(match.parts.erasure._names, "release", late)
    await match.parts.watchlists.delete(watchlist.id)
    assert (GalleryKind.FACE, face_id) in await subjects_of(bus, watchlist)
    await strays.look()
    assert await subjects_of(bus, watchlist) == {(GalleryKind.WATCHLIST, watchlist.id)}
    assert await owners(bus) == before


@pytest.mark.parametrize("enrols", ["alone", "import"])
async def test_nothing_stays_of_a_person_who_was_deleted_meanwhile(
    match, bus, strays, reader, cut_off, monkeypatch, enrols
):
    """Their face and the key that came anew with it go; enrolled again they have no face of before."""
    watchlist = await match.create(keep_references=True)
    ann = (await match.enroll(watchlist, "ann", shows="ann#1")).person
    before = await owners(bus)
    reader.meanwhile.append(lambda: match.parts.persons.delete(watchlist, "ann"))

    async def known_before(*_):
        """As if the deletion came behind this."""
        return ann

    with monkeypatch.context() as patched:
        patched.setattr(match.parts.persons, "ensure", known_before)
        await cut_off(enrols, watchlist, "ann")
    assert match.projection.kept_person(ann.id) is None
    assert len(match.projection.face_ids(ann.id)) == 1
    await strays.look()
    assert match.projection.face_ids(ann.id) == []
    assert await owners(bus) == before - {ann.id}
    again = await match.enroll(watchlist, "ann", shows="ann#1")
    assert await match.found(watchlist, "ann") == [again.face.id]


async def test_a_key_that_came_anew_goes_with_what_it_sealed(match, bus, strays, monkeypatch):
    """An enrolment that ends between the person's deletion and the face leaves a claim and a picture, and a key."""
    watchlist = await match.create(keep_references=True)
    ann = (await match.enroll(watchlist, "ann", shows="ann#1")).person
    await match.parts.persons.delete(watchlist, "ann")
    before = await owners(bus)
    append = match.parts.ledger.append

    async def known_before(*_):
        """As if the deletion came behind this."""
        return ann

    async def dies(subject, *args, **kwargs):
        if ".face." in subject:
            raise asyncio.CancelledError
        return await append(subject, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(match.parts.persons, "ensure", known_before)
        patched.setattr(match.parts.ledger, "append", dies)
        with pytest.raises(asyncio.CancelledError):
            await match.enroll(watchlist, "ann", shows="ann#2")
    assert ann.id in await owners(bus)
    await strays.look()
    # Somebody may be at it.
    assert ann.id in await owners(bus)
    await strays.look()
    assert await owners(bus) == before
    assert len(await references(match)) == 1
    again = await match.enroll(watchlist, "ann", shows="ann#2")
    await strays.look()
    await strays.look()
    assert await match.found(watchlist, "ann") == [again.face.id]
    assert (await match.parts.faces.reference(watchlist, again.face.id)).HasField("landmarks")


async def test_a_template_of_a_deleted_face_goes_though_no_migration_works(match, bus, strays):
    """A migration that ends behind a deletion has written it, and nobody looks after its templates any more."""
    watchlist = await match.create()
    face = (await match.enroll(watchlist, "ann")).face
    await match.parts.persons.delete(watchlist, "ann")
    template = records_pb2.FaceTemplate(face_id=face.id, embedder_id="e" * 26, vector=[1.0] + [0.0] * 7)
    await match.parts.gallery.applied(await Templates(match.parts.ledger).put(face, template))
    for _ in range(2):
        await strays.look()
    assert await Templates(match.parts.ledger).get(face, "e" * 26) is None
    assert match.projection.stray_templates(-1) == []
    assert face.person_id not in await owners(bus)


async def test_what_a_move_sealed_that_was_cut_off_is_sealed_for_whoever_has_the_face(match, strays, monkeypatch):
    """Its picture can be read, and is known, when those are deleted for whom it was sealed."""
    watchlist = await match.create(keep_references=True)
    face = (await match.enroll(watchlist, "ann")).face
    await match.parts.persons.create(watchlist, pb.Person(external_id="ben"))
    append = match.parts.ledger.append

    async def dies(subject, *args, **kwargs):
        if ".face." in subject:
            raise asyncio.CancelledError
        return await append(subject, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(match.parts.ledger, "append", dies)
        with pytest.raises(asyncio.CancelledError):
            await match.parts.moving.move(watchlist, [face.id], "ben")
    for _ in range(2):
        await strays.look()
    await match.parts.persons.delete(watchlist, "ben")
    assert (await match.parts.faces.reference(watchlist, face.id)).HasField("landmarks")
    again = await match.enroll(watchlist, "ann")
    assert (again.created, again.face.id) == (False, face.id)


async def test_a_picture_without_a_face_goes_and_those_of_faces_stay(match, bus, strays, reader, clock):
    """An import that ends between its pictures and its faces leaves pictures, which a second look removes."""
    watchlist = await match.create(keep_references=True)
    await match.parts.persons.create(watchlist, pb.Person(external_id="ann", expire_time={"seconds": int(clock()) + 9}))
    kept = await references(match)

    async def ends():
        clock.time += 10

    reader.meanwhile.append(ends)
    with pytest.raises(FailedPrecondition, match="PERSON_EXPIRED"):
        await import_of(match, watchlist, "ann", "ben", name="Named")
    assert len(await references(match)) == len(kept) + 2
    await strays.look()
    await import_of(match, watchlist, "ben")
    await strays.look()
    ben = match.parts.persons.get(watchlist, "ben").id
    assert await references(match) == kept | set(match.projection.face_ids(ben))


async def test_what_cannot_be_read_is_not_erased(match, bus, opened, tmp_path):
    """Without their keys, which may be restored later, all records look deleted: they stay, and so do the pictures."""
    watchlist = match.parts.watchlists.get("other")
    before = (await subjects_of(bus, watchlist), await references(match))
    await bus.js.purge_stream("KV_keys")
    async with opened(tmp_path / "another") as keyless:
        assert keyless.projection.kept_watchlist(watchlist.id) is None
        looks = Strays(bus, keyless.parts, keyless.projection)
        for _ in range(2):
            await looks.look()
        assert (await subjects_of(bus, watchlist), await references(keyless)) == before
