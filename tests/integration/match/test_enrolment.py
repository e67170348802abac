from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import NO_FACE, UNREADABLE, FakeFaceReader, vector_of

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.topology import GALLERY

if TYPE_CHECKING:
    from pathlib import Path


async def test_an_enrolled_face_is_found_at_once_and_a_deleted_one_never(match):
    """Search knows the face as soon as the enrolment is answered, and not any more once its deletion is."""
    watchlist = await match.create()
    enrolled = await match.enroll(watchlist, "ann")
    assert enrolled.created
    assert await match.found(watchlist, "ann") == [enrolled.face.id]
    assert await match.found(watchlist, "ben") == []
    assert await match.parts.faces.delete(watchlist, [enrolled.face.id]) == [enrolled.face.id]
    assert await match.found(watchlist, "ann") == []
    assert await match.parts.faces.delete(watchlist, [enrolled.face.id]) == []


async def test_the_same_picture_is_the_same_face_until_it_is_deleted(match):
    """Enrolled again it is answered with the face that is there; after a deletion it becomes a new one."""
    watchlist = await match.create()
    first = await match.enroll(watchlist, "ann")
    again = await match.enroll(watchlist, "ann")
    assert (again.created, again.face, again.person) == (False, first.face, first.person)
    assert match.projection.roll(watchlist.id).size == 1
    await match.parts.faces.delete(watchlist, [first.face.id])
    anew = await match.enroll(watchlist, "ann")
    assert anew.created
    assert anew.face.id != first.face.id
    assert anew.person.id == first.person.id


async def test_concurrent_enrolments_of_one_picture_make_one_face(match):
    """Four callers with one picture get one face id, and the gallery holds one face of one person."""
    watchlist = await match.create()
    answers = await asyncio.gather(*(match.enroll(watchlist, "ann") for _ in range(4)))
    assert len({answer.face.id for answer in answers}) == 1
    assert match.projection.roll(watchlist.id).size == 1
    assert [each for _, each in match.projection.person_rows(watchlist.id, 0, 100)] == [answers[0].person.id]


async def test_pictures_of_one_person_are_faces_of_one_person(match):
    """Another picture adds a face; the person's name is kept where none is given, and changed where one is."""
    watchlist = await match.create()
    first = await match.enroll(watchlist, "ann", shows="ann#1")
    second = await match.enroll(watchlist, "ann", shows="ann#2")
    assert second.person == first.person
    assert set(await match.found(watchlist, "ann")) == {first.face.id, second.face.id}


@pytest.mark.parametrize(
    ("shows", "reason"), [(NO_FACE, "NO_FACE"), ("ann+ben", "SEVERAL_FACES"), (UNREADABLE, "IMAGE_UNREADABLE")]
)
async def test_a_refused_picture_leaves_nothing_behind(match, bus, shows, reason):
    """What cannot be enrolled is refused with its reason, before anything is written."""
    watchlist = await match.create()
    before = (await bus.js.stream_info(GALLERY)).state.last_seq
    with pytest.raises(InvalidInput, match=reason):
        await match.enroll(watchlist, "ann", shows=shows)
    assert (await bus.js.stream_info(GALLERY)).state.last_seq == before
    assert [each for _, each in match.projection.person_rows(watchlist.id, 0, 100)] == []


async def test_a_watchlist_of_another_model_takes_no_face(match):
    """Templates of two embedders are never mixed: enrolment and search are refused."""
    watchlist = await match.create()
    watchlist.embedder_id = "a" * 26
    with pytest.raises(FailedPrecondition, match="EMBEDDER_DIFFERS"):
        await match.enroll(watchlist, "ann")
    with pytest.raises(FailedPrecondition, match="EMBEDDER_DIFFERS"):
        await match.found(watchlist, "ann")


async def test_a_face_is_deleted_in_its_own_watchlist_only(match):
    """The id of a face in another watchlist deletes nothing."""
    wanted, other = await match.create(), await match.create("other")
    enrolled = await match.enroll(wanted, "ann")
    assert await match.parts.faces.delete(other, [enrolled.face.id]) == []
    assert await match.found(wanted, "ann") == [enrolled.face.id]


class Interrupted(FakeFaceReader):
    """A reader that is slow enough for something to happen in between."""

    async def templates(self, image, faces):
        await self.between()
        return await super().templates(image, faces)


async def test_a_watchlist_that_is_deleted_meanwhile_takes_no_face(opened, tmp_path):
    """Where the watchlist goes while the picture is read, the caller learns it and the ledger keeps nothing."""
    reader = Interrupted()
    async with opened(tmp_path / "state", reader=reader) as match:
        watchlist = await match.create()
        reader.between = lambda: match.parts.watchlists.delete(watchlist.id)
        with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
            await match.enroll(watchlist, "ann")
        async with asyncio.timeout(60), aclosing(match.parts.ledger.entries(0)) as entries:
            last = await match.parts.ledger.last_sequence()
            async for entry in entries:
                assert entry.record is None
                if entry.sequence == last:
                    break


async def test_the_ledger_tells_nothing_without_its_key(match, nats_server):
    """Neither names nor templates of enrolled people are in the broker's files in plain text."""
    watchlist = await match.create("plain-watchlist-name")
    await match.enroll(watchlist, "external-id-of-ann")
    nats_server.kill()
    stored = _contents(nats_server.store)
    assert watchlist.id.encode() in stored
    for secret in (b"external-id-of-ann", b"Display of", b"plain-watchlist-name", _packed("external-id-of-ann")):
        assert secret not in stored


def _packed(name: str) -> bytes:
    """The bytes of two numbers of a template, as protobuf packs them."""
    return vector_of(name)[:2].astype(np.dtype("<f4")).tobytes()


def _contents(folder: Path) -> bytes:
    """Every file in the folder, one after the other."""
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
