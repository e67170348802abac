"""How fast templates become faces that can be found: `PYTHONPATH=tests python tests/bench/import_templates.py`.

A real broker and a real match; templates of 512 numbers come through ImportFaces as `sightline import` sends them. Then
match loses its state and has to be ready again from the ledger alone, and deletes one of the watchlists. What is
measured goes to out/bench/import.json, and the rate to out/bench/search.json, too.

On a machine that is busy with other things the processors' time says more than the clock: `_by_cpu` is what two cores
would allow that did nothing else, where match is one thread.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench_file import add_facts
from broker import NatsServer, run_nats_server
from fakes import DIMENSION, PACK_TOML
from processes import Service, start
from secrets_for_tests import admit_tester, tester

from sightline.chassis.bus import connect_bus
from sightline.chassis.pack import load_pack
from sightline.chassis.provision import provision
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import TOPOLOGY
from sightline.chassis.wire import put_floats
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.import_service_pb2_grpc import ImportServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NUMBERS = 512
BATCH = 256
ON_THEIR_WAY = 6
GOAL = 3_000
CORES = 2
OUT = Path(__file__).parents[2] / "out" / "bench"


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fsyncs_per_second(folder: Path, seconds: float = 1.0) -> float:
    """How often the disk under the broker's store confirms 4 kB."""
    file = os.open(folder / "fsync", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            os.write(file, bytes(4096))
            os.fsync(file)
            count += 1
        return count / (time.perf_counter() - began)
    finally:
        os.close(file)


def cpu_seconds(running: Service | NatsServer) -> float:
    """What the process has used so far."""
    # After the name, which may hold anything: utime and stime are the 14th and 15th fields of proc(5).
    fields = Path(f"/proc/{running.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def used(match: Service, broker: NatsServer) -> np.ndarray:
    """Seconds of processor time so far: match, the broker, and the client, which is this process."""
    return np.array([cpu_seconds(match), cpu_seconds(broker), time.process_time()])


async def batches(
    watchlist: str, embedder_id: str, count: int, faces: int
) -> AsyncIterator[import_pb.ImportFacesRequest]:
    """Random unit vectors, so many of each person, as `sightline import` puts them into messages."""
    rng = np.random.default_rng(0)
    for first in range(0, count, BATCH):
        vectors = rng.normal(size=(min(BATCH, count - first), NUMBERS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        request = import_pb.ImportFacesRequest(watchlist=watchlist, purpose="bench")
        for row, vector in enumerate(vectors):
            item = request.items.add(key=str(first + row), person=f"p{(first + row) // faces}")
            item.template.embedder_id = embedder_id
            put_floats(item.template, item.template.VECTOR_FIELD_NUMBER, vector.tobytes())
        yield request


async def imported(
    match: Service, broker: NatsServer, name: str, embedder_id: str, count: int, faces: int
) -> tuple[float, np.ndarray]:
    """Seconds until every template was acknowledged, and of the processors what match, broker and client used."""
    async with open_channel(match.target, tester()) as channel:
        made = pb.CreateWatchlistRequest(watchlist=pb.Watchlist(name=name, purpose="bench"))
        await GalleryServiceStub(channel).CreateWatchlist(made)
        requests = [each async for each in batches(name, embedder_id, count, faces)]
        room, done = asyncio.Semaphore(ON_THEIR_WAY), 0
        began, before = time.perf_counter(), used(match, broker)

        async def paced() -> AsyncIterator[import_pb.ImportFacesRequest]:
            for request in requests:
                await room.acquire()
                yield request

        async for response in ImportServiceStub(channel).ImportFaces(paced()):
            room.release()
            done += sum(item.outcome == import_pb.IMPORT_OUTCOME_ENROLLED for item in response.items)
        assert done == count, f"{done} of {count} were enrolled"
        return time.perf_counter() - began, used(match, broker) - before


async def deleted(match: Service, name: str) -> tuple[int, float]:
    """How many faces a watchlist had, and the seconds until nothing of it was left."""
    async with open_channel(match.target, tester()) as channel:
        began = time.perf_counter()
        request = pb.DeleteWatchlistRequest(watchlist=name, purpose="bench")
        faces = (await GalleryServiceStub(channel).DeleteWatchlist(request, timeout=3600)).deleted_faces
        return faces, round(time.perf_counter() - began, 1)


async def prepared(folder: Path, broker: NatsServer) -> tuple[dict[str, str], str]:
    """What a match is started with, and the embedder whose templates it takes."""
    async with connect_bus(broker.url, "bench") as bus:
        await provision(bus, TOPOLOGY)
        await admit_tester(bus)
    pack = folder / "pack"
    pack.mkdir()
    (pack / "pack.toml").write_text(PACK_TOML.replace(f"dimension = {DIMENSION}\n", f"dimension = {NUMBERS}\n"))
    env = {
        "SIGHTLINE_NATS_URL": broker.url,
        "SIGHTLINE_STATE_DIR": str(folder / "state"),
        "SIGHTLINE_PACK_DIR": str(pack),
        "SIGHTLINE_LOG_LEVEL": "warning",
    }
    return env, load_pack(pack).embedder_id


async def measure(folder: Path, broker: NatsServer, count: int) -> dict[str, object]:
    """Both kinds of import, the way back from the ledger, and a deletion."""
    env, embedder_id = await prepared(folder, broker)
    found: dict[str, object] = {"n": count, "dim": NUMBERS, "sync": "2 min (the broker's default)"}
    found["fsyncs_per_s"], found["load"] = round(fsyncs_per_second(folder)), round(os.getloadavg()[0], 1)
    with start("sightline.match", env, folder / "match.log") as match:
        match.wait_serving()
        for faces in (3, 1):
            seconds, cpu = await imported(match, broker, f"of-{faces}", embedder_id, count, faces)
            name = "import_per_s" if faces > 1 else "import_new_persons_per_s"
            found[name] = round(count / seconds)
            found[f"{name}_by_cpu"] = round(count / max(cpu[0], cpu.sum() / CORES))
            each = [round(part / count * 1e6) for part in cpu]
            found[name.replace("per_s", "cpu_us")] = dict(zip(("match", "broker", "client"), each, strict=True))
            say(
                f"{count:,} faces, {faces} a person: {found[name]:,}/s, by processor time "
                f"{found[f'{name}_by_cpu']:,}/s (us each: match {each[0]}, broker {each[1]}, client {each[2]})"
            )
    shutil.rmtree(folder / "state")
    began = time.perf_counter()
    with start("sightline.match", env, folder / "match.log") as match:
        match.wait_serving(3600)
        found["rebuild_n"], found["rebuild_s"] = 2 * count, round(time.perf_counter() - began, 1)
        say(f"{2 * count:,} faces from the ledger alone: ready after {found['rebuild_s']} s")
        found["delete_n"], found["delete_s"] = await deleted(match, "of-3")
        say(f"{found['delete_n']:,} faces deleted with their watchlist in {found['delete_s']} s")
    return found


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=30_000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder, run_nats_server(Path(folder) / "nats") as broker:
        found = asyncio.run(measure(Path(folder), broker, count))
    add_facts(OUT / "import.json", found)
    shared = ("import_per_s", "import_per_s_by_cpu")
    add_facts(OUT / "search.json", {**{name: found[name] for name in shared}, "import_load": found["load"]})
    say(
        f"{found['import_per_s']:,}/s, by processor time {found['import_per_s_by_cpu']:,}/s (goal {GOAL:,}); sync: "
        f"{found['sync']}; {found['fsyncs_per_s']:,} fsyncs/s; load before it {found['load']}"
    )


if __name__ == "__main__":
    main()
