"""The same measurements with the index on a Qdrant server."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from search_engine import LIMIT, SMALL, rate, searched

from sightline.chassis.ids import new_id
from sightline.match.index import IndexedFace
from sightline.match.server_collection import CollectionOptions
from sightline.match.server_index import open_server_index

if TYPE_CHECKING:
    from search_gallery import Gallery

    from sightline.match.index_options import IndexOptions
    from sightline.match.server_index import ServerIndex


async def measured_server(url: str, gallery: Gallery, options: IndexOptions) -> dict[str, Any]:
    """A row without memory, which is the server's; its collection is emptied in the end."""
    asked = CollectionOptions(m=options.m, ef_construct=options.ef_construct, ef=options.ef)
    count, dimension = gallery.faces.shape
    async with open_server_index(url, "", f"bench_{new_id()}", dimension, asked) as index:
        began = time.perf_counter()
        for start in range(0, count, 1024):
            block = gallery.faces[start : start + 1024]
            named = [(n, "small" if n >= count - SMALL else "large") for n in range(start, start + len(block))]
            put = zip(named, block, strict=True)
            await index.put([IndexedFace(str(n), w, str(gallery.persons[n]), v) for (n, w), v in put])
        filled = time.perf_counter()
        await _until_indexed(index)
        built = time.perf_counter()
        times, first = await searched(index, gallery.probes, "large")
        small, _ = await searched(index, gallery.probes, "small")
        qps = await rate(index, gallery.probes)
        await index.clear()
    return {
        "engine": "server",
        "way": "graph",
        "quantization": "int8",
        "ef": asked.ef,
        "p50_ms": float(np.quantile(times, 0.5)),
        "p95_ms": float(np.quantile(times, 0.95)),
        "qps": qps,
        "small_in_large_p95_ms": float(np.quantile(small, 0.95)),
        "anon_mb": 0.0,
        "build_s": built - filled,
        "own_mate_recall": None,
        "put_per_s": count / (filled - began),
        "limit": LIMIT,
        "first": first,
    }


async def _until_indexed(index: ServerIndex, quiet: float = 5.0) -> None:
    """Returns once the number of indexed faces has not changed for some seconds."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < quiet:
        indexed = (await index.status()).indexed
        if indexed != last:
            last, since = indexed, time.monotonic()
        await asyncio.sleep(0.5)
