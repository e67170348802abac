"""What a change of model leaves in the ledger, and what is made of it: deletions, rebuilds, imports and exports."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from fakes import COMING_DIMENSION, coming_pack, picture, vector_of
from nats.js.errors import NotFoundError

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.topology import GALLERY
from sightline.match.bulk_reading import Choice
from sightline.match.embedder_stores import embedder_of
from sightline.match.importing import Batch
from sightline.match.ledger import subject_of
from sightline.match.templates import template_id
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb

NEW = coming_pack()
TARGET = embedder_of(NEW)
FORWARD = {"keep_references": True}


def item(name):
    """A picture to import."""
    return import_pb.ImportItem(key=name, person=name, image=picture(name))


async def test_a_deleted_face_takes_its_templates_along(before, bus, migrated):
    """After the deletion of a face, and of a person, no record of a template of theirs can be read."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        faces = [(await match.enroll(watchlist, name)).face for name in ("ann", "ben")]
        await match.migrations.start(TARGET)
        await migrated(match)
        subjects = [
            subject_of(watchlist.id, GalleryKind.TEMPLATE, template_id(face.id, NEW.embedder_id)) for face in faces
        ]
        kept = [(await bus.js.get_last_msg(GALLERY, subject)).seq for subject in subjects]
        await match.parts.faces.delete(watchlist, [faces[0].id])
        await match.parts.persons.delete(watchlist, "ben")
        for subject, sequence in zip(subjects, kept, strict=True):
            assert (await match.parts.ledger.last(subject)).record is None
            with pytest.raises(NotFoundError):
                await bus.js.get_msg(GALLERY, sequence)


async def test_a_template_of_a_face_that_was_deleted_meanwhile_does_not_stay(before, coming, until):
    """A face that is deleted while the coming embedder looks at it leaves no template in the ledger."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        faces = [(await match.enroll(watchlist, name)).face for name in ("ann", "ben")]
        await match.migrations.start(TARGET)
        coming.free.clear()
        await asyncio.sleep(0.5)
        await match.parts.faces.delete(watchlist, [faces[0].id])
        coming.free.set()

        async def settled() -> bool:
            told, _ = await match.migrations.get()
            return told.faces == told.migrated == 1

        await until(settled)
        subject = subject_of(watchlist.id, GalleryKind.TEMPLATE, template_id(faces[0].id, NEW.embedder_id))
        last = await match.parts.ledger.last(subject)
        assert last is None or last.record is None


async def test_everything_is_rebuilt_from_the_ledger_after_it(before, after, state, migrated, switched):
    """Without its state folder match finds each face by its new template, also where a chunk was written again."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        choice = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF, with_references=True)
        taken = await match.parts.importing.take(Batch(watchlist, [item(name) for name in "abc"], choice))
        faces = {each.key: each.face_id for each in taken.items} | {
            "ann": (await match.enroll(watchlist, "ann")).face.id
        }
        await match.migrations.start(TARGET)
        await migrated(match)
        # The chunk gets a place in the ledger behind the templates of the faces in it.
        await match.parts.faces.delete(watchlist, [faces.pop("b")])
        await match.migrations.switch(accept_unmigrated=False)
    async with after() as match:
        await switched(match)
        roll = match.projection.roll(watchlist.id)
    shutil.rmtree(state / "match")
    async with after() as match:
        watchlist = match.parts.watchlists.get("wanted")
        assert match.projection.roll(watchlist.id) == roll
        assert roll.size == len(faces) == 3
        for name, face_id in faces.items():
            assert await match.found(watchlist, name) == [face_id]
        assert await match.found(watchlist, "b") == []


async def test_who_is_imported_again_after_it_can_be_deleted_for_good(before, after, state, migrated, switched):
    """A face in an old chunk and in a new one leaves both: no rebuild brings it back."""
    choice = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF)
    async with before() as match:
        watchlist = await match.create()
        taken = await match.parts.importing.take(Batch(watchlist, [item(name) for name in "ab"], choice))
        faces = {each.key: each.face_id for each in taken.items}
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=True)
    async with after() as match:
        await switched(match)
        watchlist = match.parts.watchlists.get("wanted")
        again = await match.parts.importing.take(Batch(watchlist, [item(name) for name in "ab"], choice))
        assert {each.key: each.face_id for each in again.items} == faces
        assert await match.found(watchlist, "a") == [faces["a"]]
        await match.parts.faces.delete(watchlist, [faces["a"]])
        await match.parts.faces.delete(watchlist, [faces["b"]])
    shutil.rmtree(state / "match")
    async with after() as match:
        assert match.parts.faces.page(watchlist, "", "", 10) == []


async def test_an_export_has_the_new_templates(before, after, migrated, switched):
    """What is exported after the switch can be imported by an installation with the new pack."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        face = (await match.enroll(watchlist, "ann")).face
        choice = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF, with_references=True)
        [taken] = (await match.parts.importing.take(Batch(watchlist, [item("ben")], choice))).items
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=False)
    async with after() as match:
        await switched(match)
        await match.enroll(match.parts.watchlists.get("wanted"), "cy")
        records = [record async for page in match.parts.export.templates(watchlist.id) for record in page]
        assert {record.face.embedder_id for record in records} == {NEW.embedder_id}
        exported = {record.face.id: record.vector for record in records}
        assert len(exported) == len(records) == 3
        for name, face_id in (("ann", face.id), ("ben", taken.face_id)):
            assert exported[face_id] == pytest.approx(vector_of(name, COMING_DIMENSION), abs=1e-6)
