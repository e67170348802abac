from __future__ import annotations

import asyncio

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import AlreadyExists, Conflict, InvalidInput, NotFound, Unavailable
from sightline.match.ledger import subject_of
from sightline.v1 import gallery_service_pb2 as pb


async def update(match, watchlist, name, *paths, etag="", **changes):
    """Changes these fields."""
    mask = FieldMask(paths=paths or changes)
    return await match.parts.persons.update(watchlist, name, pb.Person(**changes), mask, etag)


async def test_a_person_is_there_without_a_face_and_gets_one(match):
    """Found by id and by external id; an enrolment adds a face and leaves what is known of them."""
    watchlist, persons = await match.create(), match.parts.persons
    made = await persons.create(watchlist, pb.Person(external_id="ann", attributes={"height": "1.7"}, id="x"))
    assert persons.get(watchlist, made.id) == persons.get(watchlist, "ann") == made
    assert (made.attributes["height"], made.watchlist_id) == ("1.7", watchlist.id)
    enrolled = await match.enroll(watchlist, "ann")
    assert (enrolled.person.id, enrolled.person.display_name) == (made.id, "Display of ann")
    assert enrolled.person.attributes == made.attributes
    assert match.parts.faces.count(made.id) == 1


async def test_an_external_id_is_unique_in_its_watchlist(match):
    """Twice is PERSON_EXISTS, also of callers at once; in another watchlist it is another person."""
    wanted, other = await match.create(), await match.create("other")
    create = match.parts.persons.create
    answers = await asyncio.gather(
        *(create(wanted, pb.Person(external_id="ann")) for _ in range(3)), return_exceptions=True
    )
    assert sorted(getattr(answer, "reason", "") for answer in answers) == ["", "PERSON_EXISTS", "PERSON_EXISTS"]
    assert (await create(other, pb.Person(external_id="ann"))).id not in {
        answer.id for answer in answers if isinstance(answer, pb.Person)
    }
    with pytest.raises(AlreadyExists, match="PERSON_EXISTS"):
        await create(other, pb.Person(external_id="ann"))


async def test_persons_are_those_of_their_watchlist(match):
    """The id of somebody in another watchlist is nobody here."""
    wanted, other = await match.create(), await match.create("other")
    person = await match.parts.persons.create(wanted, pb.Person(external_id="ann"))
    for name in (person.id, "ann"):
        with pytest.raises(NotFound, match=r"PERSON_NOT_FOUND: .*persons list --watchlist other"):
            match.parts.persons.get(other, name)
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await update(match, other, "ann", display_name="Ann")


async def test_a_change_shows_at_once_and_lets_nobody_overwrite_it_unseen(match):
    """Fields of the mask are changed; an etag of another state is refused; an end in the past, too."""
    watchlist = await match.create()
    made = await match.parts.persons.create(watchlist, pb.Person(external_id="ann", attributes={"a": "1"}))
    changed = await update(match, watchlist, "ann", display_name="Ann", etag=made.etag)
    assert (changed.display_name, changed.attributes, changed.etag != made.etag) == ("Ann", {"a": "1"}, True)
    assert match.parts.persons.get(watchlist, "ann") == changed
    with pytest.raises(Conflict, match="ETAG_DIFFERS"):
        await update(match, watchlist, made.id, display_name="Anna", etag=made.etag)
    with pytest.raises(InvalidInput, match="EXPIRE_TIME_PAST"):
        await update(match, watchlist, "ann", expire_time={"seconds": 1})
    with pytest.raises(InvalidInput, match="UPDATE_MASK_INVALID"):
        await update(match, watchlist, "ann", external_id="ben")


async def test_lists_come_in_pages_and_by_what_is_sought(match):
    """By external id, behind the last one; a prefix of the id, and a part of the name however it is written."""
    watchlist = await match.create()
    for external_id, name in (("a_1", "Ann Ärm"), ("a.2", "Ben"), ("b_1", "Joanna")):
        await match.parts.persons.create(watchlist, pb.Person(external_id=external_id, display_name=name))

    def listed(after="", limit=10, prefix="", part=""):
        found = match.parts.persons.list(watchlist, after, limit, prefix, part)
        return [person.external_id for person in found]

    assert listed() == ["a.2", "a_1", "b_1"]
    assert listed(after="a.2", limit=1) == ["a_1"]
    assert listed(prefix="a_") == ["a_1"]
    assert listed(part="ANN") == ["a_1", "b_1"]
    assert listed(part="n är") == ["a_1"]


async def test_a_deletion_is_complete(match):
    """With a person go their faces, claims, references and key; others stay, and they can be enrolled again."""
    watchlist = await match.create(keep_references=True)
    first, second = (
        await match.enroll(watchlist, "ann", shows="ann#1"),
        await match.enroll(watchlist, "ann", shows="ann"),
    )
    await match.enroll(watchlist, "ben")
    kept = match.projection.kept_face(first.face.id)
    assert await match.parts.persons.delete(watchlist, "ann") == 2
    assert await match.found(watchlist, "ann") == []
    assert len(await match.found(watchlist, "ben")) == 1
    for kind, record_id in (("key", kept.enrolment_key), ("face", second.face.id), ("person", first.person.id)):
        assert (await match.parts.ledger.last(subject_of(watchlist.id, kind, record_id))).record is None
    with pytest.raises(NotFound, match="REFERENCE_NOT_FOUND"):
        await match.parts.faces._references.get(first.face.id)
    with pytest.raises(NotFound, match="KEY_DESTROYED"):
        await match.parts.erasure._keys.open(first.person.id, None, b"")
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await match.parts.persons.delete(watchlist, "ann")
    again = await match.enroll(watchlist, "ann", shows="ann#1")
    assert again.created
    assert again.face.id != first.face.id


class Dying:
    """A part whose process dies at the call of that number, counted over all parts."""

    def __init__(self, part, calls, names):
        self._part, self._calls, self._names = part, calls, names

    def __getattr__(self, name):
        found = getattr(self._part, name)
        if name not in self._names:
            return found

        async def call(*args, **kwargs):
            self._calls[0] -= 1
            if self._calls[0] < 0:
                raise Unavailable("TEST", "the process died here")
            return await found(*args, **kwargs)

        return call


@pytest.mark.parametrize("steps", range(6))
async def test_a_deletion_that_dies_is_ended_by_the_next_look_at_what_has_expired(match, steps):
    """Wherever it dies: they are not found from then on, and soon nothing of them is left; the caller learns it."""
    watchlist = await match.create(keep_references=True)
    enrolled, erasure, calls = await match.enroll(watchlist, "ann"), match.parts.erasure, [steps]
    whole = erasure._ledger, erasure._keys, erasure._references
    erasure._ledger = Dying(whole[0], calls, {"bury"})
    erasure._keys = Dying(whole[1], calls, {"destroy"})
    erasure._references = Dying(whole[2], calls, {"delete"})
    if steps < 5:
        with pytest.raises(Unavailable):
            await match.parts.persons.delete(watchlist, "ann")
    else:
        await match.parts.persons.delete(watchlist, "ann")
    erasure._ledger, erasure._keys, erasure._references = whole
    assert await match.found(watchlist, "ann") == []
    for person in match.projection.expired_persons(10):
        await erasure.person(person)
    assert match.projection.kept_person(enrolled.person.id) is None
    assert match.projection.roll(watchlist.id).size == 0
    assert (await match.parts.ledger.last(subject_of(watchlist.id, "person", enrolled.person.id))).record is None
    with pytest.raises(NotFound, match="KEY_DESTROYED"):
        await whole[1].open(enrolled.person.id, None, b"")
