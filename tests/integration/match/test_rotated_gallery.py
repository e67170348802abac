"""A gallery whose index is turned: what lies on the disks without its keys, and what a new key costs."""

from __future__ import annotations

import pytest
from fakes import vector_of
from key_files import new_key

from sightline.match.gallery_check import Drift, GalleryCheck
from sightline.match.index import IndexedFace
from sightline.match.vectors import packed_floats, vector_hash

NAMES = [f"person {n}" for n in range(6)]


async def compared(match) -> Drift:
    """What a comparison of the index with the gallery finds."""
    *_, drift = [each async for each in GalleryCheck(match.index, match.path).run()]
    return drift


async def test_with_another_key_the_index_is_made_again_from_the_ledger(opened, state):
    """Who starts with a rotation key that is not the index's finds everybody again, with the same similarities."""
    async with opened(state, rotations=[new_key()]) as match:
        watchlist = await match.create()
        ids = [(await match.enroll(watchlist, name)).face.id for name in NAMES]
        before = await match.index.nearest(vector_of("probe"), watchlist.id, 10)
        first = (await match.index.status()).rotation
        assert await compared(match) == Drift()
    async with opened(state, rotations=[new_key()]) as match:
        after = await match.index.nearest(vector_of("probe"), watchlist.id, 10)
        assert (await match.index.status()).rotation != first
        assert [hit.face_id for hit in after] == [hit.face_id for hit in before]
        assert [hit.cosine for hit in after] == pytest.approx([hit.cosine for hit in before], abs=2e-6)
        assert [await match.found(watchlist, name) for name in NAMES] == [[face_id] for face_id in ids]
        assert await compared(match) == Drift()


async def test_a_turned_vector_that_was_altered_is_drift(match):
    """What is written into the index past the rotation, with a face's own id and digest, is found to differ."""
    watchlist = await match.create()
    ids = [(await match.enroll(watchlist, name)).face.id for name in NAMES]
    assert await compared(match) == Drift()
    shard = match.index._shard
    kept, _ = shard.kept_block(None, 10)
    one, other = kept[:2]
    super(type(shard), shard).put([IndexedFace(one.face_id, one.watchlist_id, one.person_id, other.vector, one.digest)])
    assert one.face_id in ids
    assert await compared(match) == Drift(differing={one.face_id})


async def test_neither_ledger_nor_index_holds_a_template(bus, nats_server, opened, state):
    """Of what was enrolled no vector, and no hash of one, is in the broker's files or in the index."""
    async with opened(state) as match:
        watchlist = await match.create()
        for name in NAMES:
            await match.enroll(watchlist, name)
        index = match.path.parent / "index"
    disks = b"".join(
        path.read_bytes() for root in (nats_server.store, index) for path in root.rglob("*") if path.is_file()
    )
    assert watchlist.id.encode() in disks
    for name in NAMES:
        assert packed_floats(vector_of(name)) not in disks
        assert vector_hash(vector_of(name)) not in disks
