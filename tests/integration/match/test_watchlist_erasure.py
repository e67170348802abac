"""The end of a watchlist with many faces: complete, in few records, and gone on with wherever it stopped."""

from __future__ import annotations

import shutil

import pytest
from fakes import fake_pack, picture, vector_of
from gallery_traces import owners, references, subjects_of

from sightline.chassis.errors import NotFound, Unavailable
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.bulk_reading import Choice
from sightline.match.importing import Batch
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb

PACK = fake_pack()
KEEPING = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF, with_references=True)
CHUNKS, OF_EACH = 10, 12
IMPORTED = CHUNKS * OF_EACH


class Dying:
    """A part whose process dies at the call of that number, counted over all parts."""

    def __init__(self, part, calls, *names):
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


def template(name):
    """An item with the template of that person."""
    made = pb.TrustedTemplate(vector=vector_of(name).tolist(), embedder_id=PACK.embedder_id)
    return import_pb.ImportItem(key=name, person=name, template=made)


async def fill(match, watchlist):
    """Faces of each kind: imported templates in many chunks, a picture with its reference, and one enrolled alone."""
    for chunk in range(CHUNKS):
        items = [template(f"p{chunk}-{number}") for number in range(OF_EACH)]
        await match.parts.importing.take(Batch(watchlist, items, KEEPING))
    cy = import_pb.ImportItem(key="cy", person="cy", image=picture("cy"))
    await match.parts.importing.take(Batch(watchlist, [cy], KEEPING))
    await match.enroll(watchlist, "ann")


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


async def test_a_deletion_leaves_one_record_and_no_key(opened, state, bus):
    """Of a watchlist with faces of every kind its own tombstone remains: no key, reference or face, also rebuilt."""
    async with opened(state) as match:
        other = await match.create("other")
        await match.enroll(other, "ann")
        before = await owners(bus)
        watchlist = await match.create(keep_references=True)
        await fill(match, watchlist)
        assert len(await references(match)) == 2
        began = await match.parts.ledger.last_sequence()
        assert await match.parts.watchlists.delete(watchlist.id) == IMPORTED + 2
        # The chunks, that of the picture, a face and its enrolment, the mark, the name and the watchlist.
        assert await match.parts.ledger.last_sequence() - began == CHUNKS + 6
        assert await subjects_of(bus, watchlist) == {(GalleryKind.WATCHLIST, watchlist.id)}
        assert await owners(bus) == before
        assert await references(match) == set()
        assert await match.index.size() == match.projection.size() == 1
    shutil.rmtree(state)
    async with opened(state) as match:
        assert await match.index.size() == match.projection.size() == 1
        assert len(await match.found(other, "ann")) == 1
        assert match.projection.kept_watchlist(watchlist.id) is None


@pytest.mark.parametrize("steps", range(20))
async def test_a_deletion_that_dies_is_gone_on_with(match, bus, steps):
    """Wherever it dies the watchlist is gone for all who ask, and the next look at what has expired leaves nothing."""
    watchlist = await match.create(keep_references=True)
    before = await owners(bus)
    await fill(match, watchlist)
    erasure, calls = match.parts.erasure, [steps]
    whole = erasure._ledger, erasure._keys, erasure._references
    erasure._ledger = Dying(whole[0], calls, "bury", "forget")
    erasure._keys = Dying(whole[1], calls, "destroy", "destroy_all")
    erasure._references = Dying(whole[2], calls, "delete")
    with pytest.raises(Unavailable, match="TEST"):
        await match.parts.watchlists.delete(watchlist.id)
    erasure._ledger, erasure._keys, erasure._references = whole
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        match.parts.watchlists.get(watchlist.id)
    [expired] = match.projection.expired_watchlists()
    await erasure.watchlist(expired)
    assert await subjects_of(bus, watchlist) == {(GalleryKind.WATCHLIST, watchlist.id)}
    assert await owners(bus) == before - {watchlist.id}
    assert await match.index.size() == match.projection.size() == 0
    assert [each for _, each in match.projection.person_rows(watchlist.id, 0, 100)] == []


async def test_a_copy_that_was_away_forgets_it_too(opened, tmp_path):
    """A copy that never saw the records by which the faces went drops all of them with the watchlist."""
    async with opened(tmp_path / "away") as match:
        watchlist = await match.create()
        await fill(match, watchlist)
        await match.enroll(await match.create("other"), "ben")
    async with opened(tmp_path / "here") as match:
        assert await match.index.size() == IMPORTED + 3
        await match.parts.watchlists.delete(watchlist.id)
    async with opened(tmp_path / "away") as match:
        assert await match.index.size() == match.projection.size() == 1
        assert await match.found(watchlist, "ann") == []
        assert [each for _, each in match.projection.person_rows(watchlist.id, 0, 100)] == []


class Interrupting:
    """A gallery, beside which somebody else enrols whenever the deletion has waited for it."""

    def __init__(self, match, watchlist, other):
        self._match, self._watchlist, self._other = match, watchlist, other
        self.sizes = []

    async def applied(self, sequence):
        """As the gallery."""
        await self._match.parts.gallery.applied(sequence)
        self.sizes.append(self._match.projection.roll(self._watchlist.id).size)
        await self._match.enroll(self._other, "ben", shows=f"ben#{len(self.sizes)}")


async def test_others_enrol_meanwhile(match):
    """Between two blocks of a long deletion others' faces get in and are found."""
    watchlist, other = await match.create(), await match.create("other")
    await fill(match, watchlist)
    match.parts.erasure._gallery = gallery = Interrupting(match, watchlist, other)
    await match.parts.watchlists.delete(watchlist.id)
    assert len(set(gallery.sizes)) > 2
    assert len(await match.found(other, "ben")) == len(gallery.sizes)
