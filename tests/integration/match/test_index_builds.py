"""A second shard of the embedded index is built by another process, while the first one goes on."""

from __future__ import annotations

import asyncio
import errno
import shutil
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sightline.chassis.errors import FailedPrecondition, Internal
from sightline.match.edge_index import open_edge_index
from sightline.match.index import IndexedFace
from sightline.match.index_options import IndexOptions
from sightline.match.shard_folder import ShardFolder

if TYPE_CHECKING:
    from pathlib import Path

DIMENSION = 64
FACES = 3000
OPTIONS = IndexOptions(exact_below=1000, scan_below=2000, m=8, ef_construct=32, ef=64, probes=100, tail=10**9)
# No search or write may wait longer, on a machine whose processors are all taken.
LONGEST_WAIT = 2.0


def vectors(count, seed=0):
    """(count, DIMENSION) unit vectors."""
    raw = np.random.default_rng(seed).standard_normal((count, DIMENSION), np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


VECTORS = vectors(FACES)


def faces(count=FACES):
    """Two faces a person."""
    return [IndexedFace(f"f{n}", "w", f"p{n // 2}", VECTORS[n]) for n in range(count)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


def bytes_on_disk(folder: Path) -> bytes:
    """Of all files in a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_searches_and_enrolments_go_on_during_a_build(folder):
    """While a graph is built every search finds its face, every new face is found at once, and none waits long."""
    async with open_edge_index(folder, DIMENSION, OPTIONS) as index:
        await index.put(faces())
        task, started = asyncio.create_task(index.rebuild()), time.perf_counter()
        added, waits, asked = vectors(2000, seed=1), [], 0
        while not task.done():
            began = time.perf_counter()
            if asked < len(added):
                await index.put([IndexedFace(f"new{asked}", "w", f"q{asked}", added[asked])])
                assert (await index.nearest(added[asked], "w", 1))[0].face_id == f"new{asked}"
            assert (await index.nearest(VECTORS[asked % FACES], "w", 1))[0].face_id == f"f{asked % FACES}"
            asked += 1
            await asyncio.sleep(0.001)
            waits.append(time.perf_counter() - began)
        await task
        status = await index.status()
        assert asked > 20
        # On a busy machine both take longer: nobody waits for the build, at least.
        assert max(waits) < max(LONGEST_WAIT, (time.perf_counter() - started) / 2)
        assert FACES <= status.indexed < status.size == FACES + min(asked, len(added))
        assert status.built.mate_recall >= 0.99
        for n in range(min(asked, len(added))):
            assert (await index.nearest(added[n], "w", 1))[0].face_id == f"new{n}"


async def test_a_graph_is_built_by_itself(folder, until):
    """A gallery that has grown beyond the size for exact search gets a graph without being asked."""
    options = OPTIONS.model_copy(update={"tail": 1000})
    async with open_edge_index(folder, DIMENSION, options) as index:
        await index.put(faces())

        async def has_graph() -> bool:
            return (await index.status()).indexed == FACES

        await until(has_graph, 60)
    async with open_edge_index(folder, DIMENSION, options) as index:
        assert (await index.status()).indexed == FACES
        assert (await index.nearest(VECTORS[5], "w", 1))[0].face_id == "f5"


@pytest.mark.parametrize("way", ["scan", "graph"])
@pytest.mark.parametrize("small", ["int8", "turbo4", "turbo2", "binary"])
async def test_exact_search_sees_everything_behind_small_vectors(folder, way, small):
    """However an index is searched, an exact search gives what NumPy gives, with the original vectors' cosines."""
    scan_below = 2000 if way == "graph" else 10_000
    options = OPTIONS.model_copy(update={"scan_below": scan_below, "quantization": small})
    async with open_edge_index(folder, DIMENSION, options) as index:
        await index.put(faces())
        await index.rebuild()
        status = await index.status()
        assert (status.built.way, status.quantization, status.indexed) == (way, small, FACES)
        for probe in vectors(20, seed=2):
            cosines = VECTORS @ probe
            hits = await index.nearest(probe, "w", 5, exact=True)
            assert [hit.face_id for hit in hits] == [f"f{n}" for n in np.argsort(-cosines)[:5]]
            assert [hit.cosine for hit in hits] == pytest.approx(np.sort(cosines)[::-1][:5], abs=1e-5)


async def test_a_deleted_vector_leaves_the_disk_with_the_next_build(folder):
    """After a deletion its vector's bytes are still in the index's files, and counted; a build takes them away."""
    async with open_edge_index(folder, DIMENSION, OPTIONS) as index:
        await index.put(faces(50))
        await index.remove(["f7", "never there"])
        assert await index.nearest(VECTORS[7], "w", 50, exact=True) == await index.nearest(VECTORS[7], "w", 50)
        assert (await index.status()).pending_deletions == 1
        needle = VECTORS[7].tobytes()
        assert needle in bytes_on_disk(folder)
        await index.rebuild()
        assert (await index.status()).pending_deletions == 0
        assert index.oldest_removal() is None
        assert needle not in bytes_on_disk(folder)
        assert VECTORS[8].tobytes() in bytes_on_disk(folder)


@pytest.mark.parametrize("told", ["the index", "the build"])
async def test_what_is_deleted_during_a_build_is_known_to_be_on_the_disk_since_then(folder, told):
    """The new shard has got its vector: whoever was erased before the build ended is not off the disk with it."""
    at = []

    class Deleting:
        async def expected(self):
            return 50

        async def pour(self, sink):
            await sink.put(faces(50))
            await (index if told == "the index" else sink).remove(["f7"])
            at.append(datetime.now(UTC))

    async with open_edge_index(folder, DIMENSION, OPTIONS) as index:
        await index.put(faces(50))
        await index.rebuild(Deleting())
        assert VECTORS[7].tobytes() in bytes_on_disk(folder)
        assert (await index.status()).pending_deletions == 1
        assert index.oldest_removal() <= at[0]


async def test_a_deletion_that_could_not_be_noted_is_noted_when_it_is_repeated(folder, monkeypatch):
    """As on a full disk: the vector is still in the files then, and nothing else would say so."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    async with open_edge_index(folder, DIMENSION, OPTIONS) as index:
        await index.put(faces(50))
        with monkeypatch.context() as patched:
            patched.setattr(ShardFolder, "note_removed", full)
            with pytest.raises(OSError, match="No space"):
                await index.remove(["f7"])
        await index.remove(["f7"])
        assert (await index.size(), (await index.status()).pending_deletions) == (49, 1)


async def test_an_index_that_is_emptied_during_a_build_stays_empty(folder):
    """A build whose faces are out of date does not bring them back."""

    class Emptied:
        async def expected(self):
            return 10

        async def pour(self, sink):
            await sink.put(faces(10))
            await index.clear()

    async with open_edge_index(folder, DIMENSION, OPTIONS) as index:
        await index.put(faces(10))
        with pytest.raises(Internal, match="REBUILD_FAILED"):
            await index.rebuild(Emptied())
        assert await index.size() == 0
        await index.put(faces(1))
        assert await index.size() == 1


async def test_what_was_deleted_is_rewritten_by_itself(folder, until):
    """Once a deletion is old enough the index is built anew without being asked, and the vector is off the disk."""
    options = OPTIONS.model_copy(update={"rewrite_after": 0.1})
    async with open_edge_index(folder, DIMENSION, options) as index:
        await index.put(faces(50))
        await index.remove(["f7"])

        async def gone() -> bool:
            status = await index.status()
            return status.pending_deletions == 0 and status.building is None

        await until(gone, 60)
        assert VECTORS[7].tobytes() not in bytes_on_disk(folder)
        assert await index.size() == 49


async def test_an_index_that_cannot_be_opened_says_what_to_do(folder):
    """One that another process has is INDEX_IN_USE; a broken one is INDEX_UNREADABLE, and removing it is enough."""
    async with open_edge_index(folder, DIMENSION, OPTIONS) as index:
        await index.put(faces(3))
        with pytest.raises(FailedPrecondition, match="INDEX_IN_USE"):
            async with open_edge_index(folder, DIMENSION, OPTIONS):
                pass
    [segment, *_] = folder.rglob("segment.json")
    segment.write_text("{")
    with pytest.raises(FailedPrecondition, match="INDEX_UNREADABLE") as refused:
        async with open_edge_index(folder, DIMENSION, OPTIONS):
            pass
    [shard] = [path for path in folder.iterdir() if path.is_dir()]
    assert str(shard) in str(refused.value)
    shutil.rmtree(shard)
    async with open_edge_index(folder, DIMENSION, OPTIONS) as index:
        assert await index.size() == 0
