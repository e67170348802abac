"""Bulk enrolment: every item becomes one face, and what is in a chunk of the ledger lives and dies as the rest does."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from fakes import AGAIN, BLURRED, NO_FACE, UNREADABLE, fake_pack, picture, vector_of
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis import topology
from sightline.chassis.errors import NotFound
from sightline.chassis.key_file import KeyFile
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.match.bulk_reading import Choice
from sightline.match.importing import Batch
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb
from sightline.v1 import records_pb2

PACK = fake_pack()
GATE_OFF = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF)
ENROLLED, KNOWN, REFUSED = (
    import_pb.IMPORT_OUTCOME_ENROLLED,
    import_pb.IMPORT_OUTCOME_KNOWN,
    import_pb.IMPORT_OUTCOME_REFUSED,
)


def template_of(name, *, person="", display_name="", vector=None, embedder_id=PACK.embedder_id):
    """An item with the template of that face."""
    values = vector_of(name).tolist() if vector is None else vector
    template = pb.TrustedTemplate(vector=values, embedder_id=embedder_id)
    return import_pb.ImportItem(key=name, person=person or name, display_name=display_name, template=template)


def picture_of(name, person=""):
    """An item with a picture of that face."""
    return import_pb.ImportItem(key=name, person=person or name, image=picture(name))


async def take(match, watchlist, items, choice=GATE_OFF, **options):
    """Imports one batch, and returns what became of each item."""
    return (await match.parts.importing.take(Batch(watchlist, items, choice, **options))).items


def outcomes(answers):
    """What became of each item, in short."""
    return [(answer.key, answer.problem.reason or answer.outcome) for answer in answers]


async def test_pictures_and_templates_become_faces_that_are_found(match):
    """Each item of a batch is one face, found by a search, with its person, purpose and case."""
    watchlist = await match.create()
    items = [picture_of("ann"), template_of("ben", display_name="Ben"), picture_of(f"ann{AGAIN}2", "ann")]
    answers = await take(match, watchlist, items, purpose="why", case_reference="case")
    assert outcomes(answers) == [("ann", ENROLLED), ("ben", ENROLLED), (f"ann{AGAIN}2", ENROLLED)]
    assert answers[0].person_id == answers[2].person_id != answers[1].person_id
    assert set(await match.found(watchlist, "ann")) == {answers[0].face_id, answers[2].face_id}
    assert await match.found(watchlist, "ben") == [answers[1].face_id]
    assert match.projection.person(answers[1].person_id).display_name == "Ben"
    face = match.projection.face(answers[1].face_id)
    assert (face.purpose, face.case_reference, face.embedder_id) == ("why", "case", PACK.embedder_id)
    assert match.projection.roll(watchlist.id).size == 3


async def test_what_was_imported_is_known(match):
    """The same picture or template of the same person is the same face: in one batch, in the next, and alone."""
    watchlist = await match.create()
    first = await take(match, watchlist, [template_of("ann"), template_of("ann"), picture_of("ben")])
    assert outcomes(first) == [("ann", ENROLLED), ("ann", ENROLLED), ("ben", ENROLLED)]
    assert first[0].face_id == first[1].face_id
    again = await take(match, watchlist, [template_of("ann"), picture_of("ben"), template_of("ann", person="other")])
    assert outcomes(again) == [("ann", KNOWN), ("ben", KNOWN), ("ann", ENROLLED)]
    assert [each.face_id for each in again[:2]] == [first[0].face_id, first[2].face_id]
    alone = await match.enroll(watchlist, "ben")
    assert (alone.face.id, alone.created) == (first[2].face_id, False)
    assert match.projection.roll(watchlist.id).size == 3


async def test_what_was_enrolled_alone_is_known_to_an_import(match):
    """A picture that EnrollFace took before is not taken again."""
    watchlist = await match.create()
    alone = await match.enroll(watchlist, "ann")
    [answer] = await take(match, watchlist, [picture_of("ann")])
    assert (answer.outcome, answer.face_id) == (KNOWN, alone.face.id)


async def test_each_refusal_says_why_and_the_others_are_enrolled(match):
    """An item that cannot be enrolled has its reason; those beside it are enrolled all the same."""
    watchlist = await match.create()
    items = [
        picture_of(NO_FACE),
        picture_of("ann+ben"),
        picture_of(UNREADABLE),
        template_of("short", vector=[1.0]),
        template_of("long", vector=[2.0] * 8),
        template_of("nan", vector=[float("nan")] * 8),
        template_of("foreign", embedder_id="a" * 26),
        picture_of("ann"),
    ]
    assert [said for _, said in outcomes(await take(match, watchlist, items))] == [
        "NO_FACE",
        "SEVERAL_FACES",
        "IMAGE_UNREADABLE",
        "TEMPLATE_INVALID",
        "TEMPLATE_INVALID",
        "TEMPLATE_INVALID",
        "EMBEDDER_DIFFERS",
        ENROLLED,
    ]
    assert match.projection.roll(watchlist.id).size == 1


async def test_the_gate_and_the_choice_are_those_of_the_batch(match):
    """The standard gate refuses a blurred face; of several faces the largest may be meant."""
    watchlist = await match.create()
    standard = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_UNSPECIFIED)
    said = outcomes(await take(match, watchlist, [picture_of("ben"), picture_of(f"ann{BLURRED}")], standard))
    assert said == [("ben", ENROLLED), (f"ann{BLURRED}", "LOW_SHARPNESS")]
    largest = Choice(pb.FACE_SELECTION_LARGEST, pb.QUALITY_GATE_OFF)
    [answer] = await take(match, watchlist, [picture_of("ann+cy", "ann")], largest)
    assert await match.found(watchlist, "ann") == [answer.face_id]


async def test_a_dry_run_changes_nothing(match):
    """It says what would become of each item, and neither ledger nor index have anything new."""
    watchlist = await match.create()
    before = await match.parts.ledger.last_sequence()
    answers = await take(match, watchlist, [picture_of("ann"), picture_of(NO_FACE)], dry_run=True)
    assert outcomes(answers) == [("ann", ENROLLED), (NO_FACE, "NO_FACE")]
    assert answers[0].face_id == ""
    assert await match.parts.ledger.last_sequence() == before


async def test_references_are_kept_where_the_watchlist_says_so(match):
    """What a later model needs of an imported picture is there, and goes with the face."""
    watchlist = await match.create(keep_references=True)
    keeping = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF, with_references=True)
    ann, ben = await take(match, watchlist, [picture_of("ann"), template_of("ben")], keeping)
    assert (await match.parts.faces.reference(watchlist, ann.face_id)).image == picture("ann")
    with pytest.raises(NotFound, match="REFERENCE_NOT_FOUND"):
        await match.parts.faces.reference(watchlist, ben.face_id)
    await match.parts.faces.delete(watchlist, [ann.face_id])
    with pytest.raises(NotFound, match="FACE_NOT_FOUND"):
        await match.parts.faces.reference(watchlist, ann.face_id)


async def test_a_name_that_is_given_is_kept_up(match):
    """A person who is known gets the display name that an import brings, and keeps theirs where it brings none."""
    watchlist = await match.create()
    ann = await match.enroll(watchlist, "ann")
    await take(match, watchlist, [template_of("ann")])
    assert match.projection.person(ann.person.id).display_name == "Display of ann"
    await take(match, watchlist, [template_of("ann again", person="ann", display_name="Ann")])
    assert match.projection.person(ann.person.id).display_name == "Ann"


async def test_a_large_batch_is_split_and_all_there(match):
    """More faces than a chunk holds are several chunks, each smaller than the broker's largest message."""
    watchlist = await match.create()
    answers = await take(match, watchlist, [template_of(f"p{number}") for number in range(300)])
    assert {answer.outcome for answer in answers} == {ENROLLED}
    assert len(match.projection.chunks_of(watchlist.id)) == 2
    assert await match.found(watchlist, "p299") == [answers[299].face_id]
    assert await match.index.size() == match.projection.roll(watchlist.id).size == 300


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


async def test_a_rebuild_brings_back_what_was_imported_and_not_what_was_deleted(opened, state):
    """From the ledger alone come the same faces with the same ids; a face deleted out of a chunk stays away."""
    async with opened(state) as match:
        watchlist = await match.create()
        answers = await take(match, watchlist, [template_of(name) for name in ("ann", "ben", "eve")])
        await match.parts.faces.delete(watchlist, [answers[2].face_id])
        roll = match.projection.roll(watchlist.id)
        assert await match.found(watchlist, "eve") == []
    shutil.rmtree(state)
    async with opened(state) as match:
        assert match.projection.roll(watchlist.id) == roll
        assert await match.found(watchlist, "ann") == [answers[0].face_id]
        assert await match.found(watchlist, "eve") == []
        assert await match.index.size() == 2
        assert outcomes(await take(match, watchlist, [template_of("ann")])) == [("ann", KNOWN)]


async def chunked_ids(bus, watchlist):
    """The ids of all records that are in chunks of the ledger now."""
    info = await bus.js.stream_info("GALLERY", subjects_filter=f"sightline.gallery.{watchlist.id}.chunk.*")
    messages = [await bus.js.get_last_msg("GALLERY", subject) for subject in info.state.subjects or {}]
    return {entry.id for each in messages for entry in records_pb2.LedgerChunk.FromString(each.data or b"").entries}


async def test_a_deleted_face_leaves_its_chunk(opened, state, bus):
    """Of faces that are deleted at the same time, out of one chunk, no template stays in the ledger; the others do."""
    async with opened(state) as match:
        watchlist = await match.create()
        answers = await take(match, watchlist, [template_of(f"p{number}") for number in range(40)])
        gone = [answer.face_id for answer in answers[:12]]
        await asyncio.gather(*(match.parts.faces.delete(watchlist, gone[at : at + 3]) for at in range(0, 12, 3)))
        kept = {answer.face_id for answer in answers[12:]}
        assert await chunked_ids(bus, watchlist) == kept | {answer.person_id for answer in answers}
        roll = match.projection.roll(watchlist.id)
        assert (roll.size, await match.index.size()) == (28, 28)
        assert await match.found(watchlist, "p0") == []
    shutil.rmtree(state)
    async with opened(state) as match:
        assert match.projection.roll(watchlist.id) == roll
        assert await match.found(watchlist, "p39") == [answers[39].face_id]
        await match.parts.faces.delete(watchlist, sorted(kept))
        assert await chunked_ids(bus, watchlist) == {answer.person_id for answer in answers}


async def test_a_chunk_that_was_written_again_does_not_bring_the_erased_back(opened, state):
    """Who was erased and imported again is there once, also after another face of their old chunk was deleted."""
    async with opened(state) as match:
        watchlist = await match.create()
        [old, ben, cy] = await take(match, watchlist, [template_of(name) for name in ("ann", "ben", "cy")])
        await match.parts.persons.delete(watchlist, "ann")
        [new] = await take(match, watchlist, [template_of("ann")])
        await match.parts.faces.delete(watchlist, [ben.face_id])
        roll = match.projection.roll(watchlist.id)
        assert roll.size == await match.index.size() == 2
    shutil.rmtree(state)
    async with opened(state) as match:
        assert match.projection.roll(watchlist.id) == roll
        assert await match.found(watchlist, "ann") == [new.face_id] != [old.face_id]
        assert await match.found(watchlist, "cy") == [cy.face_id]


async def test_a_deleted_face_that_is_imported_again_is_another_one(opened, state):
    """After a deletion the same template makes a face with a new id, once, also after a rebuild."""
    async with opened(state) as match:
        watchlist = await match.create()
        [first] = await take(match, watchlist, [template_of("ann")])
        await match.parts.faces.delete(watchlist, [first.face_id])
    shutil.rmtree(state)
    async with opened(state) as match:
        [second] = await take(match, watchlist, [template_of("ann")])
        assert second.outcome == ENROLLED
        assert second.face_id != first.face_id
        assert await match.found(watchlist, "ann") == [second.face_id]
        assert outcomes(await take(match, watchlist, [template_of("ann")])) == [("ann", KNOWN)]


async def test_entries_of_a_chunk_are_sealed_apart(opened, state, bus):
    """Destroying one person's key makes their entries of a chunk unreadable, and nobody else's."""
    async with opened(state) as match:
        watchlist = await match.create()
        answers = await take(match, watchlist, [template_of("ann"), template_of("ben")])
        key_file = KeyFile(state / "installation.key")
        await BucketKeyRing(WrappedKeys(bus), key_file).destroy(answers[0].person_id)
    shutil.rmtree(state)
    async with opened(state) as match:
        assert await match.found(watchlist, "ann") == []
        assert await match.found(watchlist, "ben") == [answers[1].face_id]


async def test_who_was_deleted_and_imported_again_is_rebuilt(opened, state):
    """What an old key sealed in a chunk does not stop a rebuild after the person has a new key."""
    async with opened(state) as match:
        watchlist = await match.create()
        [first, ben] = await take(match, watchlist, [template_of("ann"), template_of("ben")])
        assert await match.parts.persons.delete(watchlist, "ann") == 1
        [second] = await take(match, watchlist, [template_of("ann")])
        person = pb.Person(display_name="Ann")
        await match.parts.persons.update(watchlist, "ann", person, FieldMask(paths=["display_name"]))
    shutil.rmtree(state)
    async with opened(state) as match:
        assert await match.found(watchlist, "ann") == [second.face_id]
        assert await match.found(watchlist, "ben") == [ben.face_id]
        assert match.projection.person(first.person_id).display_name == "Ann"
        assert await match.index.size() == 2


async def test_chunks_for_a_watchlist_that_is_gone_are_taken_back(match, bus):
    """Where the watchlist was deleted meanwhile, the import fails, and nothing of it stays in the ledger."""
    watchlist = await match.create()
    await match.parts.watchlists.delete("wanted")
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        await take(match, watchlist, [template_of("ann")])
    assert await match.index.size() == 0
    assert await chunked_ids(bus, watchlist) == set()


async def test_no_picture_or_key_stays_for_a_watchlist_that_is_gone(match, bus):
    """References go with the chunks, and so do the keys that they were sealed with: they came after the erasure."""
    watchlist = await match.create(keep_references=True)
    keeping = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF, with_references=True)
    await match.parts.watchlists.delete("wanted")
    before = set(await bus.keys(topology.KEYS))
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        await take(match, watchlist, [picture_of("ann"), picture_of("ben")], keeping)
    kept = await bus.js.stream_info(f"OBJ_{topology.REFERENCES}", subjects_filter=f"$O.{topology.REFERENCES}.C.>")
    assert not kept.state.subjects
    assert set(await bus.keys(topology.KEYS)) == before


async def test_nobody_who_is_deleted_meanwhile_is_found_again(match, bus, monkeypatch):
    """Behind their deletion their faces leave the chunk; those of the others stay, and the batch can be repeated."""
    watchlist = await match.create(keep_references=True)
    keeping = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF, with_references=True)
    await take(match, watchlist, [picture_of("ann")])
    append, before = match.parts.ledger.append_many, await chunked_ids(bus, watchlist)

    async def deleted_before(*drafts):
        await match.parts.persons.delete(watchlist, "ann")
        return await append(*drafts)

    items = [picture_of(f"ann{AGAIN}2", "ann"), picture_of("ben")]
    with monkeypatch.context() as patched:
        patched.setattr(match.parts.ledger, "append_many", deleted_before)
        with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
            await take(match, watchlist, items, keeping)
    assert (await match.found(watchlist, "ann"), match.projection.roll(watchlist.id).size) == ([], 1)
    [ben] = await match.found(watchlist, "ben")
    assert await chunked_ids(bus, watchlist) - before == {ben, match.projection.face(ben).person_id}
    kept = await bus.js.stream_info(f"OBJ_{topology.REFERENCES}", subjects_filter=f"$O.{topology.REFERENCES}.C.>")
    assert len(kept.state.subjects) == 1
    again = await take(match, watchlist, items, keeping)
    assert [said for _, said in outcomes(again)] == [ENROLLED, KNOWN]
    assert await match.found(watchlist, "ann") == [again[0].face_id]
