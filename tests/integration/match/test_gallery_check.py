"""Drift between the gallery and its index is found, and a rebuild from the ledger takes it away."""

from __future__ import annotations

import asyncio

import pytest
from fakes import DIMENSION, vector_of

from sightline.chassis.errors import Conflict, Unavailable
from sightline.match.gallery_check import Drift, GalleryCheck, Progress
from sightline.match.index import IndexedFace
from sightline.match.index_rebuilds import IndexRebuilds
from sightline.match.ledger_faces import LedgerFaces


@pytest.fixture
def check(match):
    """A function that compares, and gives the drift."""
    compared = GalleryCheck(match.index, match.path)

    async def run() -> Drift:
        found = [each async for each in compared.run()]
        assert all(isinstance(each, Progress) for each in found[:-1])
        return found[-1]

    return run


@pytest.fixture
def source(match, tmp_path):
    """The ledger."""
    faces = LedgerFaces(
        match.parts.ledger, match.index, tmp_path / "rebuild", match.parts.gallery._embedder_id, DIMENSION
    )
    yield faces
    assert not (tmp_path / "rebuild").exists()


async def test_an_index_that_follows_its_ledger_does_not_drift(match, check):
    """After enrolments, a deletion and in an empty gallery nothing is missing, surplus or different."""
    assert await check() == Drift()
    watchlist = await match.create()
    for n in range(5):
        await match.enroll(watchlist, f"person {n}")
    await match.parts.watchlists.delete((await match.create("dropped")).id)
    assert await check() == Drift()


async def test_progress_comes_to_its_end(match):
    """The last progress that is told says that all faces were compared."""
    watchlist = await match.create()
    for n in range(3):
        await match.enroll(watchlist, f"person {n}")
    told = [each async for each in GalleryCheck(match.index, match.path).run()]
    assert told == [Progress(0, 3), Progress(3, 3), Drift()]


async def test_every_kind_of_drift_is_named(match, check):
    """A face that is missing in the index, one too many there, and one with another vector, each by its id."""
    watchlist = await match.create()
    lost, other, _ = [(await match.enroll(watchlist, f"person {n}")).face.id for n in range(3)]
    await match.index.remove([lost])
    await match.index.put([IndexedFace("stray", watchlist.id, "p", vector_of("stray"))])
    await match.index.put([IndexedFace(other, watchlist.id, "p", vector_of("somebody else"))])
    assert await check() == Drift({lost}, {"stray"}, {other})


async def test_what_is_enrolled_during_a_comparison_is_no_drift(match, check):
    """Faces that come and go while faces are compared are in neither list."""
    watchlist = await match.create()

    async def enrol() -> None:
        for n in range(30):
            await match.enroll(watchlist, f"person {n}")

    task = asyncio.create_task(enrol())
    while not task.done():
        assert await check() == Drift()
    await task
    assert await check() == Drift()


async def test_a_rebuild_from_the_ledger_has_equal_ids_and_no_drift(match, check, source):
    """Whatever had become of the index, afterwards it holds the ledger's faces, and deleted ones stay away."""
    watchlist = await match.create()
    kept, lost = [(await match.enroll(watchlist, name)).face.id for name in ("ann", "ben")]
    dropped = await match.create("dropped")
    await match.enroll(dropped, "eve")
    await match.parts.watchlists.delete("dropped")
    await match.index.remove([lost])
    await match.index.put([IndexedFace("stray", watchlist.id, "p", vector_of("stray"))])
    await match.index.rebuild(source)
    assert await check() == Drift()
    assert {face.face_id async for block in match.index.faces() for face in block} == {kept, lost}
    assert await match.found(watchlist, "ben") == [lost]


async def test_enrolments_and_searches_go_on_during_a_rebuild(match, check, source):
    """Every search finds its person, whoever was enrolled meanwhile is in the new index, and who was deleted is not."""
    watchlist = await match.create()
    ann = await match.enroll(watchlist, "ann")
    for n in range(20):
        await match.enroll(watchlist, f"person {n}")
    task, count = asyncio.create_task(match.index.rebuild(source)), 0
    while not task.done():
        assert await match.found(watchlist, "ann") == [ann.face.id]
        new = await match.enroll(watchlist, f"new {count}")
        assert new.face.id in await match.found(watchlist, f"new {count}")
        count += 1
    await task
    assert count > 0
    assert await check() == Drift()
    assert await match.index.size() == 21 + count


class Stuck:
    """A source that cannot be read."""

    async def expected(self) -> int:
        """One."""
        return 1

    async def pour(self, sink) -> None:
        """Waits for good."""
        await sink.put([IndexedFace("a", "w", "p", vector_of("a"))])
        await asyncio.Event().wait()


async def test_a_rebuild_is_asked_for_once_and_can_be_given_up(match, until):
    """Asked again while it runs nothing new begins; cancelled, it leaves the index as it was, and another can begin."""
    watchlist = await match.create()
    ann = await match.enroll(watchlist, "ann")
    rebuilds = IndexRebuilds(match.index, Stuck())
    async with rebuilds.ending():

        async def reads() -> bool:
            building = (await match.index.status()).building
            return building is not None and building.done == 1

        for _ in range(2):
            await rebuilds.start()
            await until(reads)
            await rebuilds.start()
            with pytest.raises(Conflict, match="REBUILD_RUNNING"):
                await IndexRebuilds(match.index, Stuck()).start()
            await rebuilds.cancel()
            assert (await match.index.status()).building is None
            assert await match.found(watchlist, "ann") == [ann.face.id]


async def test_a_ledger_that_cannot_be_read_ends_the_rebuild(match, source, bus):
    """An entry that does not open is said to be the reason; the index stays."""
    watchlist = await match.create()
    ann = await match.enroll(watchlist, "ann")
    await bus.js.publish(f"sightline.gallery.{'a' * 26}.face.{'b' * 26}", b"\xff")
    with pytest.raises(Unavailable, match="GALLERY_STUCK"):
        await match.index.rebuild(source)
    assert await match.found(watchlist, "ann") == [ann.face.id]
