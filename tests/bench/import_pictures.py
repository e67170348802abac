"""What import costs beside its networks: `PYTHONPATH=tests python tests/bench/import_pictures.py PACK`.

Pictures are made by turning, scaling and lighting portraits of ../shared/media differently. In turns, the same ones are
given to detect and embed alone, in the groups in which match asks, and to ImportFaces of a match beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from broker import run_nats_server
from processes import start
from secrets_for_tests import admit_tester, service, tester

from sightline.chassis.bus import connect_bus
from sightline.chassis.pack import load_pack
from sightline.chassis.provision import provision
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import TOPOLOGY
from sightline.match.bulk_reading import BulkReading, Choice
from sightline.match.inference import RpcFaceReader
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.import_service_pb2_grpc import ImportServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

PORTRAITS = Path(__file__).parents[3] / "shared" / "media" / "portraits"
SIDE = 320
BATCH, ON_THEIR_WAY = 32, 6
GOAL = 0.85
OUT = Path(__file__).parents[2] / "out" / "bench" / "import-pictures.json"
LARGEST = Choice(pb.FACE_SELECTION_LARGEST, pb.QUALITY_GATE_OFF)


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def make_pictures(count: int, seed: int) -> list[bytes]:
    """JPEG files, each another one."""
    rng = np.random.default_rng(seed)
    files = sorted(PORTRAITS.rglob("*.jpg"))
    pictures = []
    for number in range(count):
        portrait = cv2.imread(str(files[number % min(len(files), 100)]))
        scale = SIDE / max(portrait.shape[:2])
        turned = cv2.getRotationMatrix2D((portrait.shape[1] / 2, portrait.shape[0] / 2), rng.uniform(-8, 8), scale)
        turned[:, 2] += SIDE / 2 - np.array(portrait.shape[1::-1]) / 2
        warped = cv2.warpAffine(portrait, turned, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        lit = np.clip(warped * rng.uniform(0.8, 1.2), 0, 255).astype(np.uint8)
        pictures.append(cv2.imencode(".jpg", lit)[1].tobytes())
    return pictures


async def read(targets: Mapping[str, str], pack_dir: Path, pictures: Sequence[bytes]) -> float:
    """Pictures a second that detect and embed read by themselves."""
    pack = load_pack(pack_dir)
    async with (
        open_channel(targets["detect"], service("match", "detect")) as detect,
        open_channel(targets["embed"], service("match", "embed")) as embed,
    ):
        reading = BulkReading(RpcFaceReader(detect, embed, pack.embedder_id, pack.embedder.dimension))
        began = time.perf_counter()
        await reading.read([face_pb2.Image(encoded=each) for each in pictures], LARGEST)
        return len(pictures) / (time.perf_counter() - began)


async def imported(target: str, name: str, pictures: Sequence[bytes]) -> float:
    """Pictures a second that are acknowledged by ImportFaces, each of another person."""
    async with open_channel(target, tester()) as channel:
        made = pb.CreateWatchlistRequest(watchlist=pb.Watchlist(name=name, purpose="bench"))
        await GalleryServiceStub(channel).CreateWatchlist(made)
        room, began, refused = asyncio.Semaphore(ON_THEIR_WAY), time.perf_counter(), 0

        async def requests() -> AsyncIterator[import_pb.ImportFacesRequest]:
            for first in range(0, len(pictures), BATCH):
                await room.acquire()
                items = [
                    import_pb.ImportItem(
                        key=str(first + row), person=f"p{first + row}", image=face_pb2.Image(encoded=picture)
                    )
                    for row, picture in enumerate(pictures[first : first + BATCH])
                ]
                yield import_pb.ImportFacesRequest(
                    watchlist=name, items=items, purpose="bench", selection=LARGEST.selection, quality_gate=LARGEST.gate
                )

        async for response in ImportServiceStub(channel).ImportFaces(requests()):
            room.release()
            refused += sum(item.outcome == import_pb.IMPORT_OUTCOME_REFUSED for item in response.items)
        seconds = time.perf_counter() - began
        assert refused < len(pictures) / 10, f"{refused} of {len(pictures)} were refused"
        return len(pictures) / seconds


async def measure(folder: Path, url: str, pack: Path, count: int, rounds: int) -> dict[str, object]:
    """Both ways in turns, each time with pictures that nobody has seen."""
    async with connect_bus(url, "bench") as bus:
        await provision(bus, TOPOLOGY)
        await admit_tester(bus)
    env = {"SIGHTLINE_NATS_URL": url, "SIGHTLINE_PACK_DIR": str(pack), "SIGHTLINE_LOG_LEVEL": "warning"}
    env["SIGHTLINE_STATE_DIR"] = str(folder / "state")
    targets: dict[str, str] = {}
    with ExitStack() as stack:
        for name in ("detect", "embed", "match"):
            known = {f"SIGHTLINE_{each.upper()}_TARGET": target for each, target in targets.items()}
            running = stack.enter_context(start(f"sightline.{name}", env | known, folder / f"{name}.log"))
            running.wait_serving()
            targets[name] = running.target
        alone, through = [], []
        for number in range(rounds):
            pictures = make_pictures(count, number)
            alone.append(await read(targets, pack, pictures))
            through.append(await imported(targets["match"], f"round-{number}", pictures))
            say(f"alone {alone[-1]:.1f}/s, imported {through[-1]:.1f}/s: {through[-1] / alone[-1]:.2f}")
    ratio = float(np.median([after / before for before, after in zip(alone, through, strict=True)]))
    return {
        "alone_per_s": np.median(alone).round(1),
        "import_per_s": np.median(through).round(1),
        "ratio": round(ratio, 3),
    }


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, run_nats_server(Path(folder) / "nats") as broker:
        found = asyncio.run(measure(Path(folder), broker.url, given.pack, given.count, given.rounds))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=2) + "\n")
    say(f"{found['ratio']} of the networks' own rate (goal {GOAL})")


if __name__ == "__main__":
    main()
