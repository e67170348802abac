"""Both engines behind FaceIndex keep the same promises.

`local` is the server's index on the in-process imitation of a server that its client library carries: it shows that
our calls are right, and nothing about a server. That takes a server, named by SIGHTLINE_TEST_QDRANT_URL.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager

import pytest
from fakes import DIMENSION, vector_near, vector_of
from qdrant_client import AsyncQdrantClient

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.ids import new_id
from sightline.match.edge_index import open_edge_index
from sightline.match.index import IndexedFace, Probe
from sightline.match.server_collection import CollectionOptions
from sightline.match.server_index import ServerIndex, open_server_index
from sightline.match.space import PlainAlone

SERVER = "SIGHTLINE_TEST_QDRANT_URL"


pytestmark = pytest.mark.filterwarnings(
    "ignore:Payload indexes have no effect in the local Qdrant", "ignore:Local mode performs exact"
)


@pytest.fixture(params=["edge", "local", "server"])
def opens(request, tmp_path):
    """A function that opens the same index again and again."""
    if request.param == "local":
        return opens_local()
    if request.param == "edge":
        return lambda: open_edge_index(tmp_path / "index", DIMENSION)
    if SERVER not in os.environ:
        pytest.skip(f"NOT TESTED: needs a Qdrant server, named by {SERVER}")
    embedder = new_id()

    @asynccontextmanager
    async def open_server():
        async with open_server_index(os.environ[SERVER], "", embedder, DIMENSION) as index:
            yield index

    return open_server


def opens_local():
    """A function as above; what the imitation says of its collections are always these options."""
    client = AsyncQdrantClient(location=":memory:")
    options = CollectionOptions(int8=False, m=16, ef_construct=100)

    @asynccontextmanager
    async def open_local():
        index = ServerIndex(client, "alias", DIMENSION, options, PlainAlone())
        await index.prepare()
        yield index
        names = [each.name for each in (await client.get_collections()).collections]
        assert len(names) == 1, f"collections are left over: {names}"

    return open_local


def face(name, watchlist="w", cosine=1.0):
    """A face whose id and person are the name."""
    return IndexedFace(name, watchlist, f"person of {name}", vector_near("probe", cosine))


async def found(index, watchlist="w", limit=10):
    """What is near the probe: ids, the most similar first."""
    return [hit.face_id for hit in await index.nearest(vector_of("probe"), watchlist, limit)]


async def test_the_nearest_come_first_and_from_their_watchlist_alone(opens):
    """Hits are ordered by their cosine, which is that of the vectors, and no other watchlist's are among them."""
    async with opens() as index:
        await index.put([face("far", cosine=0.1), face("near", cosine=0.9), face("mid", cosine=0.5)])
        await index.put([face("alien", watchlist="v")])
        hits = await index.nearest(vector_of("probe"), "w", 2)
        assert [(hit.face_id, hit.person_id) for hit in hits] == [("near", "person of near"), ("mid", "person of mid")]
        assert [hit.cosine for hit in hits] == pytest.approx([0.9, 0.5], abs=1e-5)
        await index.check()


async def test_what_is_written_is_there_for_the_next_search_and_the_next_start(opens):
    """Put, replaced, removed and cleared faces are so at once, and after the index was closed and opened."""
    async with opens() as index:
        await index.put([face("a"), face("b", cosine=0.5)])
        await index.put([face("a", cosine=0.2)])
        assert await found(index) == ["b", "a"]
        await index.remove(["b", "never there"])
        assert await found(index) == ["a"]
    async with opens() as index:
        assert await found(index) == ["a"]
        await index.clear()
        assert await found(index) == []
        await index.put([face("c")])
        assert await found(index) == ["c"]


async def test_several_probes_are_answered_together(opens):
    """Each gets what it would alone, with its own watchlist and limit, graph or not."""
    async with opens() as index:
        await index.put([face("far", cosine=0.1), face("near", cosine=0.9), face("alien", watchlist="v")])
        probes = [Probe(vector_of("probe"), *wish) for wish in [("w", 2), ("v", 5), ("w", 1, True), ("nobody", 3)]]
        together = await index.nearest_many(probes)
        assert [[hit.face_id for hit in hits] for hits in together] == [["near", "far"], ["alien"], ["near"], []]
        alone = [await index.nearest(each.vector, each.watchlist_id, each.limit, exact=each.exact) for each in probes]
        assert alone == together
        assert await index.nearest_many([]) == []


async def test_a_large_watchlist_is_found_between_nearer_faces_of_others(opens):
    """Faces of a watchlist that is nearly half of all are found, though more of the others' are nearer to the probe."""
    async with opens() as index:
        await index.put([face(f"far {n}", cosine=0.2 + n / 100) for n in range(20)])
        await index.put([face(f"near {n}", watchlist="v", cosine=0.7 + n / 100) for n in range(25)])
        assert await found(index, limit=3) == ["far 19", "far 18", "far 17"]
        assert await found(index, "v", limit=2) == ["near 24", "near 23"]


async def test_what_was_put_comes_out_as_it_was(opens):
    """All faces are given back once, with the very bits of their vectors; also out of a rebuilt index."""
    async with opens() as index:
        put = [face(f"f{n}", watchlist=f"w{n % 2}", cosine=n / 1000) for n in range(700)]
        await index.put(put)
        for _ in range(2):
            found = [each async for block in index.faces() for each in block]
            as_bytes = {each.face_id: (each.watchlist_id, each.person_id, each.vector.tobytes()) for each in found}
            assert len(found) == 700
            assert as_bytes == {
                each.face_id: (each.watchlist_id, each.person_id, each.vector.tobytes()) for each in put
            }
            await index.rebuild()
        assert (await index.status()).size == await index.size() == 700


async def test_a_rebuilt_index_has_what_changed_meanwhile(opens):
    """Faces that were put, replaced or removed while a new index was being made are so in it, and after a restart."""

    class Slow:
        async def expected(self):
            return 3

        async def pour(self, sink):
            await sink.put([face("old", cosine=0.9), face("moved", cosine=0.8), face("gone", cosine=0.7)])
            await sink.remove(["never there"])
            await sink.put([])
            await sink.remove([])
            await index.remove(["gone"])
            await index.put([face("moved", cosine=0.2), face("new", cosine=0.5)])

    async with opens() as index:
        await index.put([face("not in the ledger")])
        await index.rebuild(Slow())
        assert await found(index) == ["old", "new", "moved"]
    async with opens() as index:
        assert await found(index) == ["old", "new", "moved"]


async def test_a_build_that_fails_leaves_the_index_as_it_was(opens):
    """An error of whoever gives the faces ends the build and shows in the status; the old index goes on."""

    class Broken:
        async def expected(self):
            return 1

        async def pour(self, _):
            raise Unavailable("LEDGER_AWAY", "It is away.")

    async with opens() as index:
        await index.put([face("a")])
        with pytest.raises(Unavailable, match="LEDGER_AWAY"):
            await index.rebuild(Broken())
        assert await found(index) == ["a"]
        status = await index.status()
        assert status.building is None
        assert "LEDGER_AWAY" in status.last_error
        await index.rebuild()
        assert (await index.status()).last_error == ""


async def test_a_server_that_is_not_there_is_named(free_port):
    """Without a Qdrant server at the address the reason is QDRANT_UNAVAILABLE, and what to check."""
    with pytest.raises(Unavailable, match=r"QDRANT_UNAVAILABLE: .*SIGHTLINE_QDRANT_URL"):
        async with open_server_index(f"http://127.0.0.1:{free_port}", "", new_id(), DIMENSION):
            pass


async def test_templates_leave_the_machine_over_tls_alone():
    """An address elsewhere that is not https is refused before anything is sent."""
    with pytest.raises(FailedPrecondition, match=r"PLAINTEXT_REFUSED: templates .*192\.0\.2\.1.*https"):
        async with open_server_index("http://192.0.2.1:6333", "", new_id(), DIMENSION):
            pass
