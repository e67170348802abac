"""An index is turned by a secret: stolen it is useless, and under another secret it finds the same."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest
from key_files import new_key, write_keys
from qdrant_client import AsyncQdrantClient

from sightline.match.edge_index import open_edge_index
from sightline.match.edge_shard import Shard
from sightline.match.index import IndexedFace, Probe
from sightline.match.index_options import IndexOptions
from sightline.match.server_collection import CollectionOptions
from sightline.match.server_index import ServerIndex
from sightline.match.turned_space import TurnedSpaces
from sightline.match.vectors import packed_floats, vector_hash

DIMENSION = 64
FACES = 300
LARGE = 512
# Random vectors of 512 dimensions are as near to each other with a chance of 1 in 10^10: less than strangers' faces.
IMPOSTORS = 6.5 / LARGE**0.5
OLD, NEW = new_key(), new_key()

pytestmark = pytest.mark.filterwarnings(
    "ignore:Payload indexes have no effect in the local Qdrant", "ignore:Local mode performs exact"
)


def _unit(raw):
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


RANDOM = np.random.default_rng(3)
TEMPLATES = _unit(RANDOM.standard_normal((FACES, DIMENSION)))
# Other pictures of the first of them.
PROBES = _unit(TEMPLATES[:40] + 0.03 * RANDOM.standard_normal((40, DIMENSION)))
ENROLLED = [IndexedFace(f"f{n}", "w", f"p{n}", vector) for n, vector in enumerate(TEMPLATES)]


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    """A function that gives the spaces of a file with these keys; those of the same keys are made once."""
    made = {}

    def of(*keys):
        if keys not in made:
            path = tmp_path_factory.mktemp("secrets") / "rotation.key"
            made[keys] = TurnedSpaces(write_keys(path, *keys), DIMENSION)
        return made[keys]

    return of


@pytest.fixture(params=["edge", "local"])
def opens(request, tmp_path, spaces):
    """A function that opens the same index with these keys; `local` is a server's, as in test_indexes."""
    if request.param == "edge":
        return lambda *keys: open_edge_index(tmp_path / "index", DIMENSION, None, spaces(*keys))
    client = AsyncQdrantClient(location=":memory:")
    options = CollectionOptions(int8=False, m=16, ef_construct=100)

    @asynccontextmanager
    async def open_local(*keys):
        index = ServerIndex(client, "base", DIMENSION, options, spaces(*keys))
        await index.prepare()
        yield index

    return open_local


async def found(index):
    """For each probe the nearest faces: ids and cosines."""
    hits = await index.nearest_many([Probe(probe, "w", 5) for probe in PROBES])
    return [[hit.face_id for hit in each] for each in hits], np.array([[hit.cosine for hit in each] for each in hits])


def same(one, other) -> bool:
    """Whether two searches found the same, similarities to rounding."""
    return one[0] == other[0] and bool(np.abs(one[1] - other[1]).max() < 2e-6)


async def test_a_rotated_index_finds_what_numpy_does(opens):
    """Ids and cosines are those of the templates themselves; what comes out is what went in, and provably so."""
    async with opens(OLD) as index:
        await index.put(ENROLLED)
        exactly = PROBES @ TEMPLATES.T
        best = np.argsort(-exactly, axis=1)[:, :5]
        expected = [[f"f{n}" for n in each] for each in best], np.take_along_axis(exactly, best, axis=1)
        assert same(await found(index), expected)
        given = {face.face_id: face for face in [each async for block in index.faces() for each in block]}
        vectors = await index.vectors(["f3"])
        assert vectors["f3"] == pytest.approx(TEMPLATES[3], abs=1e-6)
        for face in ENROLLED:
            assert given[face.face_id].vector == pytest.approx(face.vector, abs=1e-6)
            assert given[face.face_id].digest == vector_hash(face.vector)


async def test_a_stolen_index_is_useless_without_the_key(tmp_path):
    """No true template, and no other picture of the enrolled, is nearer to a leaked vector than a stranger's is."""
    leaked, templates = {}, _unit(RANDOM.standard_normal((100, LARGE)))
    probes = [*templates, *_unit(templates[:50] + 0.01 * RANDOM.standard_normal((50, LARGE)))]
    enrolled = [IndexedFace(f"f{n}", "w", f"p{n}", vector) for n, vector in enumerate(templates)]
    for name, secret in {"turned": TurnedSpaces(write_keys(tmp_path / "key", OLD), LARGE), "plain": None}.items():
        async with open_edge_index(tmp_path / name, LARGE, None, secret) as index:
            await index.put(enrolled)
        stolen = shutil.copytree(tmp_path / name, tmp_path / f"stolen {name}")
        [folder] = [path for path in stolen.iterdir() if path.is_dir()]
        shard = Shard(folder, LARGE, IndexOptions())
        hits = shard.nearest_many([Probe(probe, "w", 100, exact=True) for probe in probes], 0)
        cosines = np.abs([[hit.cosine for hit in each] for each in hits])
        shard.close()
        data = b"".join(path.read_bytes().rstrip(b"\0") for path in stolen.rglob("*") if path.is_file())
        parts = [packed_floats(vector)[:64] for vector in templates[:10]]
        leaked[name] = cosines.max(), sum(part in data for part in parts)
    assert leaked["turned"][0] < IMPOSTORS
    assert leaked["turned"][1] == 0
    assert leaked["plain"][0] > 0.99
    assert leaked["plain"][1] == 10


async def test_a_rotation_changes_no_result_while_searches_go_on(opens):
    """A build under a new key, from elsewhere or from the index itself, answers as before, and meanwhile too."""

    class Ledger:
        async def expected(self):
            return FACES

        async def pour(self, sink):
            await asyncio.sleep(0.1)
            for start in range(0, FACES, 64):
                await sink.put(ENROLLED[start : start + 64])
                await asyncio.sleep(0)

    async with opens(OLD) as index:
        await index.put(ENROLLED)
        before = await found(index)
        old = (await index.status()).rotation
    for source, keys in ((Ledger(), (NEW, OLD)), (None, (OLD, NEW))):
        async with opens(*keys) as index:
            rotating = asyncio.create_task(index.rebuild(source))
            searches = 0
            while not rotating.done():
                assert same(await found(index), before)
                searches += 1
                if (await index.status()).building:
                    await index.put([IndexedFace("late", "v", "q", PROBES[0])])
                await asyncio.sleep(0.02)
            await rotating
            assert searches
            assert ((await index.status()).rotation == old) is (source is None)
            assert same(await found(index), before)
            [late] = await index.nearest(PROBES[0], "v", 1)
            assert late.cosine == pytest.approx(1.0, abs=1e-5)
        async with opens(keys[0]) as index:
            assert same(await found(index), before)
            assert all([len(face.digest) == 32 async for block in index.faces() for face in block])


async def test_an_index_of_another_secret_is_empty_rather_than_wrong(opens):
    """Where its key is gone it answers nothing, and is filled again under the key that there is."""
    async with opens(OLD) as index:
        await index.put(ENROLLED)
        before = await found(index)
    async with opens(NEW) as index:
        assert await index.size() == 0
        await index.put(ENROLLED)
        assert same(await found(index), before)
    async with opens(NEW, OLD) as index:
        assert same(await found(index), before)


ROTATES = """
import asyncio, sys
from pathlib import Path
from sightline.chassis.key_file import KeyFile
from sightline.match.edge_index import open_edge_index
from sightline.match.turned_space import TurnedSpaces

async def main():
    spaces = TurnedSpaces(KeyFile(Path(sys.argv[2])), 64)
    async with open_edge_index(Path(sys.argv[1]), 64, None, spaces) as index:
        print("begun", flush=True)
        await index.rebuild()
        print("done", flush=True)

asyncio.run(main())
"""


async def test_a_rotation_that_is_killed_at_any_moment_is_done_again(tmp_path, spaces):
    """After kill -9 the index answers as before, under the one key or the other, and can be rotated."""
    folder, path = tmp_path / "index", tmp_path / "rotation.key"
    async with open_edge_index(folder, DIMENSION, None, spaces(OLD)) as index:
        await index.put(ENROLLED)
        before = await found(index)
    write_keys(path, NEW, OLD)
    for delay in (0.0, 1.5):
        command = (sys.executable, "-c", ROTATES, str(folder), str(path))
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            # Before it are lines of the log.
            await process.stdout.readuntil(b"begun\n")
            await asyncio.sleep(delay)
        finally:
            # On a fast machine it may be done by now.
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        async with open_edge_index(folder, DIMENSION, None, spaces(NEW, OLD)) as index:
            assert same(await found(index), before)
    async with open_edge_index(folder, DIMENSION, None, spaces(NEW, OLD)) as index:
        await index.rebuild()
    async with open_edge_index(folder, DIMENSION, None, spaces(NEW)) as index:
        assert same(await found(index), before)


async def test_replicas_on_a_server_go_over_one_by_one(spaces, tmp_path):
    """One that has not heard of a rotation searches as before; then it follows, and the old collection goes."""
    client, path = AsyncQdrantClient(location=":memory:"), tmp_path / "rotation.key"
    shared = TurnedSpaces(write_keys(path, OLD), DIMENSION)
    options = CollectionOptions(int8=False, m=16, ef_construct=100)
    first, second = (ServerIndex(client, "base", DIMENSION, options, each) for each in (shared, shared))
    await first.prepare()
    await second.prepare()
    await first.put(ENROLLED)
    before = await found(second)
    write_keys(path, NEW, OLD)
    await first.rebuild()
    assert (await first.status()).rotation != (await second.status()).rotation
    assert same(await found(second), before)
    assert same(await found(first), before)
    await second.check()
    assert (await first.status()).rotation == (await second.status()).rotation == shared.ids()[0]
    assert same(await found(second), before)
    assert len((await client.get_collections()).collections) == 2
    write_keys(path, NEW)
    await second.check()
    assert len((await client.get_collections()).collections) == 1
    assert same(await found(first), before)
