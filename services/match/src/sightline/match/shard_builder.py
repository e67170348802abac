"""`python -m sightline.match.shard_builder`: a process that makes one shard from what comes in, and ends.

Building a graph holds the interpreter from beginning to end, so it cannot be done where faces are searched. The
process gets no secrets: its environment is bare, and all that it knows comes through its standard input.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - read from a line by its type
from typing import TYPE_CHECKING, Any, TextIO

from pydantic import BaseModel

from sightline.chassis.process_guard import forbid_core_dumps, hide_memory
from sightline.match.edge_shard import RESCORED, Shard
from sightline.match.face_frames import read_frames
from sightline.match.index_options import IndexOptions  # noqa: TC001 - read from a line by its type
from sightline.match.index_status import Built
from sightline.match.mate_recall import Examination, Sample
from sightline.match.shard_folder import ShardFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_PR_SET_PDEATHSIG = 1
NICENESS = 10
# Further steps of `ef` cost more than they find.
MOST_EF = 8
EF_STEP = 1.5
IN_VAIN = 2
_FLUSH_EVERY = 50_000


class BuildOrder(BaseModel):
    """What to build, and when that began: the first line that comes in."""

    folder: Path
    began: datetime
    dimension: int
    expected: int
    options: IndexOptions


def build(order: BuildOrder, stream: BinaryIO, told: TextIO) -> Built:
    """Makes the shard and measures it; tells in lines of JSON how far it is. Raises EOFError if its maker dies."""
    began = time.monotonic()
    options, way = order.options, order.options.way(order.expected)
    small = options.quantized(order.dimension, way)
    shard = Shard(order.folder, order.dimension, options, way)
    sample = Sample(options.probes, order.expected)
    _tell(told, phase="reading", done=0)
    _take_in(order, shard, sample, stream, told)
    size, recall, counted, ef = shard.size(), 1.0, 0, 0
    if way != "exact":
        _tell(told, phase="building", done=size)
        shard.build()
        _tell(told, phase="measuring", done=size)
        recall, counted, ef = _measured(shard, sample, options, options.ef if way == "graph" else RESCORED[small])
    shard.close()
    return Built(
        time=datetime.now(UTC),
        seconds=time.monotonic() - began,
        faces=size,
        mate_recall=recall,
        probes=counted,
        ef=ef,
        way=way,
        quantization="none" if way == "exact" else small,
    )


def _take_in(order: BuildOrder, shard: Shard, sample: Sample, stream: BinaryIO, told: TextIO) -> None:
    done = flushed = 0
    folder = ShardFolder(order.folder.parent)
    for change in read_frames(stream):
        if change and isinstance(change[0], str):
            ids = [str(face_id) for face_id in change]
            shard.remove(ids, lambda count: folder.note_removed(order.folder, count, order.began))
            sample.remove(ids)
            continue
        faces = [face for face in change if not isinstance(face, str)]
        shard.put(faces)
        sample.put(faces)
        done += len(faces)
        if done - flushed >= _FLUSH_EVERY:
            shard.flush()
            flushed = done
        _tell(told, phase="reading", done=done)


def _measured(shard: Shard, sample: Sample, options: IndexOptions, least: int) -> tuple[float, int, int]:
    """Mate recall, of how many probes, and the `ef` with which it was reached."""
    examination = Examination(shard, sample.probes(options.threshold), options.threshold)
    recall, ef = widened(examination.mate_recall, options.recall_goal, least)
    return recall, examination.probes, ef


def widened(recall_at: Callable[[int], float], goal: float, least: int) -> tuple[float, int]:
    """The recall that was reached, and the smallest `ef` that reached it.

    What is still missed when `ef` was raised twice for nothing is not missed on the way through the graph, and would be
    missed by any: raising it further makes every search slower, and finds nobody.

    Args:
        recall_at: measures with an `ef`.
        goal: where it may stop.
        least: the `ef` to begin with.
    """
    best, chosen, ef, vain = recall_at(least), least, least, 0
    while best < goal and vain < IN_VAIN and ef < MOST_EF * least:
        ef = round(ef * EF_STEP)
        recall = recall_at(ef)
        vain = 0 if recall > best else vain + 1
        if recall > best:
            best, chosen = recall, ef
    return best, chosen


def _tell(told: TextIO, **facts: Any) -> None:
    print(json.dumps(facts), file=told, flush=True)


def _guard() -> None:
    """Low priority, no memory to be read, and no life beyond the parent's."""
    os.nice(NICENESS)
    forbid_core_dumps()
    hide_memory()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main() -> None:
    """Reads an order and then the faces; the last line told is what was built."""
    _guard()
    order = BuildOrder.model_validate_json(sys.stdin.buffer.readline())
    try:
        built = build(order, sys.stdin.buffer, sys.stdout)
    except EOFError:
        sys.exit(3)
    _tell(sys.stdout, built=built.model_dump(mode="json"))


if __name__ == "__main__":
    main()
