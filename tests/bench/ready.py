"""From a file of templates to a gallery that is searched fast: `PYTHONPATH=tests python tests/bench/ready.py`.

A real broker and a real match. Made-up templates, spread as those of real faces are (search_gallery.py), come through
ImportFaces as `sightline import` sends them, while match builds its index as it sees fit. Each face is found from the
moment in which it is acknowledged; the gallery is ready once the index is built over all but the tail that match leaves
to be compared face by face. Then probes are searched for, one after the other, through the RPC.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench_file import add_facts
from broker import NatsServer, run_nats_server
from import_templates import BATCH, NUMBERS, ON_THEIR_WAY, OUT, prepared, say
from processes import Service, start
from search_gallery import Gallery, make_gallery
from secrets_for_tests import tester

from sightline.chassis.rpc import open_channel
from sightline.chassis.wire import put_floats
from sightline.match.index_options import IndexOptions
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb
from sightline.v1 import index_service_pb2 as index_pb
from sightline.v1 import search_service_pb2 as search_pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.import_service_pb2_grpc import ImportServiceStub
from sightline.v1.index_service_pb2_grpc import IndexServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from grpc.aio import Channel

WATCHLIST = "ready"
PROBES = 500
SAY_EVERY = 50_000
GOAL_S = 600


async def imported(channel: Channel, gallery: Gallery, embedder_id: str) -> None:
    """Returns once every template is acknowledged."""
    room, done = asyncio.Semaphore(ON_THEIR_WAY), 0

    async def requests() -> AsyncIterator[import_pb.ImportFacesRequest]:
        for first in range(0, len(gallery.faces), BATCH):
            await room.acquire()
            request = import_pb.ImportFacesRequest(watchlist=WATCHLIST, purpose="bench")
            for place in range(first, min(first + BATCH, len(gallery.faces))):
                item = request.items.add(key=str(place), person=f"p{gallery.persons[place]}")
                item.template.embedder_id = embedder_id
                put_floats(item.template, item.template.VECTOR_FIELD_NUMBER, gallery.faces[place].tobytes())
            yield request

    async for response in ImportServiceStub(channel).ImportFaces(requests()):
        room.release()
        before, done = done, done + sum(i.outcome == import_pb.IMPORT_OUTCOME_ENROLLED for i in response.items)
        if done // SAY_EVERY > before // SAY_EVERY:
            say(f"{done:,} imported")
    assert done == len(gallery.faces), f"{done} of {len(gallery.faces)} were enrolled"


async def built(channel: Channel) -> index_pb.IndexStatus:
    """Returns once nothing is being built, and nothing would be."""
    options = IndexOptions()
    while True:
        status = (await IndexServiceStub(channel).GetIndexStatus(index_pb.GetIndexStatusRequest())).status
        tail = status.size - status.indexed
        if not status.HasField("building") and tail <= max(options.tail, options.tail_share * status.size):
            return status
        await asyncio.sleep(0.5)


async def searched(channel: Channel, gallery: Gallery, embedder_id: str) -> np.ndarray:
    """Milliseconds of each probe's search."""
    times = []
    for probe in gallery.probes:
        request = search_pb.SearchFacesRequest(watchlists=[WATCHLIST], max_faces=5, purpose="bench")
        request.template.embedder_id = embedder_id
        put_floats(request.template, request.template.VECTOR_FIELD_NUMBER, probe.tobytes())
        began = time.perf_counter()
        await SearchServiceStub(channel).SearchFaces(request)
        times.append((time.perf_counter() - began) * 1000)
    return np.array(times)


async def measure(match: Service, gallery: Gallery, embedder_id: str) -> dict[str, object]:
    """Import, build and searches of one gallery."""
    count, load = len(gallery.faces), round(os.getloadavg()[0], 1)
    async with open_channel(match.target, tester()) as channel:
        made = pb.CreateWatchlistRequest(watchlist=pb.Watchlist(name=WATCHLIST, purpose="bench"))
        await GalleryServiceStub(channel).CreateWatchlist(made)
        began = time.perf_counter()
        await imported(channel, gallery, embedder_id)
        all_found = time.perf_counter() - began
        say(f"{count:,} faces can be found after {all_found:.0f} s")
        status = await built(channel)
        ready = time.perf_counter() - began
        say(f"the index is built after {ready:.0f} s (goal for 300,000: {GOAL_S}); load before it {load}")
        build = status.last_build
        times = await searched(channel, gallery, embedder_id)
    p50, p95 = (round(float(each), 1) for each in np.quantile(times, (0.5, 0.95)))
    say(f"{build.way}, {build.mate_recall:.4f} of mates first; a search by RPC: p50 {p50} ms, p95 {p95} ms")
    facts = {"n": count, "found_s": round(all_found), "ready_s": round(ready), "load": load, "way": build.way}
    return {**facts, "mate_recall": round(build.mate_recall, 4), "rpc_p50_ms": p50, "rpc_p95_ms": p95}


async def run(folder: Path, broker: NatsServer, count: int) -> dict[str, object]:
    """Starts match on an empty broker, and measures."""
    gallery = make_gallery(folder / "gallery", count, NUMBERS, PROBES)
    env, embedder_id = await prepared(folder, broker)
    with start("sightline.match", env, folder / "match.log") as match:
        match.wait_serving()
        return await measure(match, gallery, embedder_id)


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300_000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder, run_nats_server(Path(folder) / "nats") as broker:
        found = asyncio.run(run(Path(folder), broker, count))
    add_facts(OUT / "search.json", {f"ready_{count // 1000}k_s": found["ready_s"], f"ready_{count // 1000}k": found})


if __name__ == "__main__":
    main()
