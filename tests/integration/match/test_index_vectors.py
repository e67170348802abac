"""Templates that come back out of the index, for searches by enrolled faces."""

from __future__ import annotations

import numpy as np
from fakes import DIMENSION, vector_of

from sightline.match.edge_index import open_edge_index
from sightline.match.index import IndexedFace


def faces(*names: str) -> list[IndexedFace]:
    """A face for each name."""
    return [IndexedFace(name, "w", "p", vector_of(name)) for name in names]


async def test_templates_come_back_as_they_were_put(tmp_path):
    """By face id, bit for bit, also after the index was built anew; what is not there is left out."""
    names = [f"face{n}" for n in range(200)]
    async with open_edge_index(tmp_path, DIMENSION) as index:
        await index.put(faces(*names))
        await index.remove(["face7"])
        found = await index.vectors(names)
        assert found.keys() == set(names) - {"face7"}
        assert all(np.array_equal(found[name], vector_of(name)) for name in found)
        assert await index.vectors([]) == {}
        await index.rebuild()
        again = await index.vectors(names)
        assert all(np.array_equal(again[name], found[name]) for name in found)
