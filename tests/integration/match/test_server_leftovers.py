"""What a killed build left on a Qdrant server goes, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest
from qdrant_client import AsyncQdrantClient

from sightline.chassis.ids import new_id
from sightline.match.index import IndexedFace
from sightline.match.server_collection import CollectionOptions, create_collection
from sightline.match.server_index import ServerIndex
from sightline.match.server_leftovers import LEFT_SECONDS, Leftovers
from sightline.match.space import PlainAlone
from sightline.match.vectors import vector_hash

pytestmark = pytest.mark.filterwarnings(
    "ignore:Payload indexes have no effect in the local Qdrant", "ignore:Local mode performs exact"
)

BASE, DIMENSION = f"sightline_{'e' * 26}", 4
OPTIONS = CollectionOptions(int8=False, on_disk=False, m=16, ef_construct=100)
"""As the local client has it, whatever is asked."""


async def test_a_collection_that_never_answers_goes_after_half_a_day():
    """What was erased since is in it. A build that runs keeps its own, and so do other embedders and programs."""
    client, now = AsyncQdrantClient(location=":memory:"), 0.0
    index = ServerIndex(client, BASE, DIMENSION, OPTIONS, PlainAlone())
    await index.prepare()
    index._leftovers = Leftovers(client, BASE, lambda: now)
    vector = np.array([1, 0, 0, 0], np.float32)
    await index.put([IndexedFace("f" * 26, "w" * 26, "p" * 26, vector, vector_hash(vector))])
    left, others = f"{BASE}_{new_id()}", {f"sightline_{'o' * 26}_{new_id()}", "theirs", f"{BASE}_theirs"}
    for name in (left, *others):
        await create_collection(client, name, DIMENSION, OPTIONS)
    for now in (1.0, LEFT_SECONDS):  # noqa: B007 - the clock reads it
        await index.check()
        assert await client.collection_exists(left)
    now = LEFT_SECONDS + 61.0
    await index.check()
    assert not await client.collection_exists(left)
    assert all([await client.collection_exists(name) for name in others])
    assert [hit.face_id for hit in await index.nearest(vector, "w" * 26, 10)] == ["f" * 26]
    await client.close()
