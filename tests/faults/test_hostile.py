"""Bytes that mean harm, or mean nothing, against the decoder: `make faults`."""

from __future__ import annotations

import asyncio
import os
import resource
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from process_cost import cost_of
from rich.console import Console
from rich.table import Table

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.ingest.frames import open_frames
from sightline.ingest.source import SourceRules, admit
from sightline.ingest.viewing import Viewing

if TYPE_CHECKING:
    from pathlib import Path

VARIANTS = 200
CLIPS = ("corridor_walk.mp4", "mjpeg.avi", "asl_hungry.mkv", "classroom.mp4")
MOST_BYTES = 160_000
"""Of a variant: a longer one says no more."""
REASONS = {"VIDEO_UNREADABLE", "DECODER_DIED", "DECODER_MEMORY"}
CHILD_GIGABYTES = 1.5
"""What a decoder may come to hold: 8K video fits, a decompression bomb does not."""
GROWTH_MB = 64.0
AT_ONCE = 2


async def ending(url: str, root: Path) -> str:
    """How the reading of a file, or of a folder of pictures, ends: `frames`, or a reason."""
    source = await admit(url, SourceRules(video_roots=(root,)))
    async with open_frames(source, Viewing(fps=5)) as frames:
        try:
            async for _ in frames:
                pass
        except (InvalidInput, Unavailable) as error:
            return error.reason
    return "frames"


async def endings(paths: list[Path]) -> Counter[str]:
    """How often each ending came; two decoders at a time."""
    left = iter(paths)

    async def work() -> list[str]:
        return [await ending(path.as_uri(), path.parent) for path in left]

    found = await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return Counter(each for every in found for each in every)


@pytest.fixture
def bounded():
    """Afterwards no child of ours is left, none of them ever held much, and neither do we."""
    before = cost_of(os.getpid())
    yield
    after = cost_of(os.getpid())
    assert after.children <= before.children
    assert after.files <= before.files
    assert after.megabytes < before.megabytes + GROWTH_MB
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6 < CHILD_GIGABYTES


def spoilt(data: bytes, random: np.random.Generator) -> bytes:
    """Some bytes of a clip, cut off, overwritten, taken out or repeated."""
    taken = np.frombuffer(data[:MOST_BYTES], np.uint8).copy()
    place, length = int(random.integers(0, taken.size)), int(random.integers(1, 5000))
    match int(random.integers(0, 5)):
        case 0:
            return taken[:place].tobytes()
        case 1:
            spots = random.integers(0, taken.size, int(random.integers(1, 2000)))
        case 2:  # where lengths and sizes are written
            spots = random.integers(0, min(2048, taken.size), int(random.integers(1, 64)))
        case 3:
            return np.delete(taken, slice(place, place + length)).tobytes()
        case _:
            return np.insert(taken, place, taken[place : place + length]).tobytes()
    taken[spots] = random.integers(0, 256, spots.size, dtype=np.uint8)
    return taken.tobytes()


def report(title: str, counted: Counter[str]) -> None:
    """Print the endings."""
    table = Table("ending", "times", title=title)
    for name, times in counted.most_common():
        table.add_row(name, str(times))
    Console().print(table)


@pytest.mark.timeout(1800)
async def test_spoilt_clips_end_with_a_reason(shared_media, tmp_path, bounded):
    """200 spoilt clips, the same ones in each run: each gives frames, a reason, or both, and nothing is left."""
    random = np.random.default_rng(20)
    clips = [(shared_media / "video" / name).read_bytes() for name in CLIPS]
    paths = []
    for number in range(VARIANTS):
        name = CLIPS[number % len(CLIPS)]
        paths.append(tmp_path / f"{number}-{name}")
        paths[-1].write_bytes(spoilt(clips[number % len(clips)], random))
    counted = await endings(paths)
    report("spoilt clips", counted)
    assert counted.total() == VARIANTS
    assert set(counted) <= REASONS | {"frames"}


@pytest.mark.timeout(1800)
async def test_hostile_pictures_end_with_a_reason(shared_media, bounded):
    """Every broken and every odd picture taken for a video: frames or a reason, and nothing is left."""
    paths = [path for folder in ("broken", "formats") for path in sorted((shared_media / folder).iterdir())]
    counted = await endings(paths)
    report("pictures as videos", counted)
    assert counted.total() == len(paths)
    assert set(counted) <= REASONS | {"frames"}


@pytest.mark.timeout(600)
async def test_a_folder_of_hostile_pictures_is_read_through(shared_media, bounded):
    """As folders of pictures they end too: what can be read of them is read."""
    for folder in ("broken", "formats"):
        came = await ending(f"{(shared_media / folder).as_uri()}/", shared_media)
        Console().print(f"folder {folder}: {came}")
        assert came in REASONS | {"frames"}
