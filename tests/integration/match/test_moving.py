"""Faces of nobody who is known, and faces that go from one person to another."""

from __future__ import annotations

import pytest
from fakes import picture
from gallery_traces import owners, references

from sightline.chassis.errors import Conflict, FailedPrecondition, NotFound, Unavailable
from sightline.chassis.policy import load_policy
from sightline.match.bulk_reading import Choice
from sightline.match.importing import Batch
from sightline.match.lone_faces import lone_name
from sightline.match.search import Terms
from sightline.match.selection import Wish
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb
from sightline.v1 import records_pb2, search_service_pb2

EACH = Wish(pb.FACE_SELECTION_EACH)


async def index(match, watchlist, shows, **options):
    """Enrols each face of a picture as nobody's."""
    options = {"wish": EACH, "external_image_id": "photo", "image_id": "a" * 26} | options
    return await match.enroll(watchlist, "", shows=shows, **options)


def names(match, watchlist, **filters):
    """External ids of its persons."""
    return [each.external_id for each in match.parts.persons.list(watchlist, "", 100, **filters)]


async def found_persons(match, watchlist, shows):
    """External ids of the named persons whom a search finds."""
    sought = await match.parts.probes.read(search_service_pb2.BatchProbe(image=picture(shows)), None)
    matches = await match.parts.person_scores.persons(sought[0], Terms([watchlist], named_only=True))
    return [each.person.external_id for each in matches]


async def test_each_face_of_a_picture_gets_a_person_of_its_own_once(match):
    """The largest first, each found by itself; the same picture again is the same faces, under another id it is not."""
    watchlist = await match.create()
    first = await index(match, watchlist, "ann+ben")
    assert [each.created for each in first.faces] == [True, True]
    assert [each.person.external_id for each in first.faces] == [lone_name(each.face.id) for each in first.faces]
    assert {each.face.external_image_id for each in first.faces} == {"photo"}
    assert await match.found(watchlist, "ben") == [first.faces[1].face.id]
    again = await index(match, watchlist, "ann+ben")
    assert [(each.created, each.face.id) for each in again.faces] == [(False, each.face.id) for each in first.faces]
    other = await index(match, watchlist, "ann+ben", external_image_id="other")
    assert {each.face.id for each in other.faces}.isdisjoint(each.face.id for each in first.faces)


async def test_of_several_the_bad_ones_go_before_the_small_ones(match):
    """A limit counts good faces; a picture in which none is good is no error."""
    watchlist = await match.create()
    two = await index(match, watchlist, "ann~+ben+cat", wish=Wish(pb.FACE_SELECTION_EACH, max_faces=1))
    assert await match.found(watchlist, "ben") == [two.face.id]
    assert [face.reasons[0].reason for face in two.unenrolled] == ["LOW_SHARPNESS", "EXCEEDS_MAX_FACES"]
    none = await index(match, watchlist, "dan~")
    assert (none.faces, none.person, len(none.unenrolled)) == ([], None, 1)


async def test_a_face_is_given_to_a_person_and_keeps_its_id(match):
    """It is found as theirs, whoever stood for it is gone, and the same picture is still the same face."""
    watchlist = await match.create()
    face = (await index(match, watchlist, "ann")).face
    await match.parts.persons.create(watchlist, pb.Person(external_id="ann"))
    assert await found_persons(match, watchlist, "ann") == []
    moved, unlike = await match.parts.moving.move(watchlist, [face.id, "b" * 26], "ann")
    assert (moved, unlike) == ([face.id], {})
    assert await found_persons(match, watchlist, "ann") == ["ann"]
    assert names(match, watchlist) == ["ann"]
    again = await index(match, watchlist, "ann")
    assert (again.created, again.face.id, again.faces[0].person.external_id) == (False, face.id, "ann")
    assert match.projection.roll(watchlist.id).size == 1


async def test_a_moved_face_comes_and_goes_with_its_new_person(match, opened, tmp_path):
    """A rebuilt copy has it with them; its reference can be read; when they are deleted nothing of it is left."""
    watchlist = await match.create(keep_references=True)
    face = (await index(match, watchlist, "ann")).face
    await match.parts.persons.create(watchlist, pb.Person(external_id="ann"))
    await match.parts.moving.move(watchlist, [face.id], "ann")
    assert (await match.parts.faces.reference(watchlist, face.id)).HasField("landmarks")
    async with opened(tmp_path / "another") as another:
        assert another.parts.faces.get(watchlist, face.id)[1].external_id == "ann"
        assert await another.found(watchlist, "ann") == [face.id]
    await match.parts.persons.delete(watchlist, "ann")
    assert (await match.found(watchlist, "ann"), match.projection.roll(watchlist.id).size) == ([], 0)
    with pytest.raises(NotFound, match="REFERENCE_NOT_FOUND"):
        await match.parts.references.get(face.id)


async def test_a_face_that_is_unlike_the_person_stays(match):
    """The first face of a person has nothing to be like; later ones need the similarity that is asked for."""
    watchlist = await match.create()
    ann, ben = (each.face.id for each in (await index(match, watchlist, "ann+ben")).faces)
    await match.parts.persons.create(watchlist, pb.Person(external_id="ann"))
    moved, unlike = await match.parts.moving.move(watchlist, [ann, ben], "ann", 75)
    assert (moved, list(unlike)) == ([ann], [ben])
    assert 0 <= unlike[ben] < 75
    assert match.parts.faces.get(watchlist, ben)[1].external_id == lone_name(ben)


async def test_a_face_that_somebody_else_has_by_now_stays_theirs(match):
    """Whoever names the owner whom they know moves what is the owner's or nobody's, and nothing that was given away."""
    watchlist = await match.create()
    theirs = (await match.enroll(watchlist, "ann")).face.id
    free = (await index(match, watchlist, "ben")).face.id
    await match.parts.persons.create(watchlist, pb.Person(external_id="ben"))
    moving = match.parts.moving
    assert await moving.move(watchlist, [theirs, free], "ben", owner="ben") == ([free], {})
    assert await moving.move(watchlist, [theirs, free], "", owner="ben") == ([free], {})
    assert match.parts.faces.get(watchlist, theirs)[1].external_id == "ann"
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await moving.move(watchlist, [theirs], "", owner="nobody")


async def test_a_face_is_taken_from_a_person_and_deleted(match):
    """It gets a person of its own again; when it is deleted they go with it."""
    watchlist = await match.create()
    face = (await match.enroll(watchlist, "ann")).face
    moved, _ = await match.parts.moving.move(watchlist, [face.id], "")
    assert moved == [face.id]
    assert names(match, watchlist) == ["ann", lone_name(face.id)]
    assert names(match, watchlist, named_only=True) == ["ann"]
    assert await match.parts.faces.delete(watchlist, [face.id]) == [face.id]
    assert names(match, watchlist) == ["ann"]


async def test_nobody_gets_faces_who_is_not_there(match):
    """PERSON_NOT_FOUND, and the face stays."""
    watchlist = await match.create()
    face = (await index(match, watchlist, "ann")).face
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await match.parts.moving.move(watchlist, [face.id], "nobody")
    assert await match.found(watchlist, "ann") == [face.id]


async def test_an_imported_face_leaves_its_chunk_when_it_moves(match, opened, tmp_path):
    """What was sealed for the old owner is withdrawn; a rebuilt copy has the face with the new one, and once."""
    watchlist = await match.create()
    items = [import_pb.ImportItem(key=name, person=name, image=picture(name)) for name in ("ann", "ben")]
    batch = Batch(watchlist, items, Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF))
    face_id = (await match.parts.importing.take(batch)).items[0].face_id
    assert await match.parts.moving.move(watchlist, [face_id], "ben") == ([face_id], {})
    await match.parts.persons.delete(watchlist, "ann")
    async with opened(tmp_path / "another") as another:
        assert await another.found(watchlist, "ann") == [face_id]
        assert another.parts.faces.get(watchlist, face_id)[1].external_id == "ben"
        assert another.projection.roll(watchlist.id) == match.projection.roll(watchlist.id)


async def applied(match):
    """Returns once the list of faces is as the ledger."""
    await match.parts.gallery.applied(await match.parts.ledger.last_sequence())


async def test_a_move_that_was_interrupted_is_ended_when_it_is_repeated(match, monkeypatch, bus):
    """Also behind the face's own record: what the chunk had of it goes, and so does whoever stood for it."""
    watchlist = await match.create()
    items = [import_pb.ImportItem(key=name, person=name, image=picture(name)) for name in ("ann", "ben")]
    batch = Batch(watchlist, items, Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF))
    imported = (await match.parts.importing.take(batch)).items[0].face_id
    [chunk] = match.projection.chunks([imported])[imported]
    alone = (await index(match, watchlist, "cat")).face.id

    async def interrupted(*_):
        raise Unavailable("BROKER_UNAVAILABLE", "Not now.")

    with monkeypatch.context() as patched:
        patched.setattr(match.parts.faces, "withdraw", interrupted)
        for face_id in (imported, alone):
            with pytest.raises(Unavailable):
                await match.parts.moving.move(watchlist, [face_id], "ben")
    for _ in range(2):
        await applied(match)
        moved, _ = await match.parts.moving.move(watchlist, [imported, alone], "ben")
        await applied(match)
        message = await bus.js.get_last_msg("GALLERY", f"sightline.gallery.{watchlist.id}.chunk.{chunk}")
        left = {entry.id for entry in records_pb2.LedgerChunk.FromString(message.data or b"").entries}
        assert (moved, len(left), imported in left) == ([imported, alone], 1, False)
        assert names(match, watchlist) == ["ann", "ben"]
    assert await match.found(watchlist, "cat") == [alone]
    assert await match.found(watchlist, "ben") != []


async def test_nothing_stays_of_a_person_whose_face_came_by_a_move_that_was_interrupted(match, monkeypatch, bus):
    """What the import's chunk has of it is sealed under the key of who had it before, which is not destroyed."""
    watchlist = await match.create()
    items = [import_pb.ImportItem(key=name, person=name, image=picture(name)) for name in ("ann", "ben")]
    batch = Batch(watchlist, items, Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF))
    ann, ben = (each.face_id for each in (await match.parts.importing.take(batch)).items)
    [chunk] = match.projection.chunks([ann])[ann]

    async def interrupted(*_):
        raise Unavailable("BROKER_UNAVAILABLE", "Not now.")

    with monkeypatch.context() as patched:
        patched.setattr(match.parts.faces, "withdraw", interrupted)
        with pytest.raises(Unavailable):
            await match.parts.moving.move(watchlist, [ann], "ben")
    await match.parts.persons.delete(watchlist, "ben")
    message = await bus.js.get_last_msg("GALLERY", f"sightline.gallery.{watchlist.id}.chunk.{chunk}")
    # What is left is sealed under a key that was destroyed.
    assert [entry.id for entry in records_pb2.LedgerChunk.FromString(message.data or b"").entries] == [ben]


async def test_a_move_does_not_go_round_an_approval(bus, tmp_path, opened):
    """Where enrolments have to be approved nobody is given a face; it can be taken from somebody."""
    policy = load_policy("default")
    rules = policy.enrolments.model_copy(update={"approval": "one"})
    async with opened(tmp_path / "strict", policy=policy.model_copy(update={"enrolments": rules})) as match:
        watchlist = await match.create()
        face = (await match.enroll(watchlist, "ann")).face
        await match.parts.persons.create(watchlist, pb.Person(external_id="ben"))
        with pytest.raises(FailedPrecondition, match="APPROVAL_NEEDED"):
            await match.parts.moving.move(watchlist, [face.id], "ben")
        assert await match.parts.moving.move(watchlist, [face.id], "") == ([face.id], {})


async def test_of_two_moves_at_once_one_counts_whole(match, monkeypatch):
    """What is kept of the face is sealed for who got it: it can be read when the others, who did not, are deleted."""
    watchlist = await match.create(keep_references=True)
    face = (await match.enroll(watchlist, "ann")).face
    for name in ("ben", "cat"):
        await match.parts.persons.create(watchlist, pb.Person(external_id=name))
    get = match.parts.references.get

    async def overtaken(face_id):
        monkeypatch.setattr(match.parts.references, "get", get)
        assert await match.parts.moving.move(watchlist, [face_id], "ben") == ([face_id], {})
        return await get(face_id)

    for loser in ("cat", ""):
        with monkeypatch.context() as patched:
            patched.setattr(match.parts.references, "get", overtaken)
            with pytest.raises(Conflict, match="RECORD_CHANGED"):
                await match.parts.moving.move(watchlist, [face.id], loser)
        if loser:
            await match.parts.persons.delete(watchlist, loser)
        await applied(match)
        assert (await match.parts.faces.reference(watchlist, face.id)).HasField("landmarks")
        assert match.parts.faces.get(watchlist, face.id)[1].external_id == "ben"
        assert (await match.enroll(watchlist, "ann")).face.id == face.id
        await match.parts.moving.move(watchlist, [face.id], "ann")
    assert names(match, watchlist) == ["ann", "ben"]


async def test_nothing_stays_of_a_face_that_is_deleted_while_it_moves(match, monkeypatch):
    """Its reference, sealed anew behind the deletion, goes as well."""
    watchlist = await match.create(keep_references=True)
    face = (await match.enroll(watchlist, "ann")).face
    await match.parts.persons.create(watchlist, pb.Person(external_id="ben"))
    get = match.parts.references.get

    async def overtaken(face_id):
        found = await get(face_id)
        await match.parts.faces.delete(watchlist, [face_id])
        return found

    with monkeypatch.context() as patched:
        patched.setattr(match.parts.references, "get", overtaken)
        with pytest.raises(Conflict, match="RECORD_CHANGED"):
            await match.parts.moving.move(watchlist, [face.id], "ben")
    with pytest.raises(NotFound, match="REFERENCE_NOT_FOUND"):
        await match.parts.references.get(face.id)
    assert match.projection.roll(watchlist.id).size == 0


async def test_a_face_goes_with_a_person_who_is_deleted_while_they_get_it(match, monkeypatch, bus):
    """It is theirs, and so is erased with them: no face is left that belongs to nobody, and no key that came anew."""
    watchlist = await match.create(keep_references=True)
    face = (await match.enroll(watchlist, "ann")).face
    ben = await match.parts.persons.create(watchlist, pb.Person(external_id="ben"))
    get = match.parts.references.get

    async def overtaken(face_id):
        await match.parts.persons.delete(watchlist, "ben")
        return await get(face_id)

    with monkeypatch.context() as patched:
        patched.setattr(match.parts.references, "get", overtaken)
        with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
            await match.parts.moving.move(watchlist, [face.id], "ben")
    assert (match.projection.roll(watchlist.id).size, await references(match)) == (0, set())
    assert ben.id not in await owners(bus)
