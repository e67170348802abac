"""The process that builds a second shard: what it knows, and what its death or its parent's costs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from sightline.chassis.errors import Conflict, Internal
from sightline.match import shard_builder
from sightline.match.edge_index import open_edge_index
from sightline.match.index import IndexedFace

DIMENSION = 64
VECTORS = np.eye(DIMENSION, dtype=np.float32)


def faces(count):
    """Each on an axis of its own."""
    return [IndexedFace(f"f{n}", "w", f"p{n}", VECTORS[n]) for n in range(count)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="NOT TESTED: looks at processes in /proc")


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _is_builder_of(parent: int, pid: int) -> bool:
    """Whether that process builds an index for the other one."""
    try:
        of = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return False
    return of == parent and b"shard_builder" in _command(pid)


def _ours(pid: int) -> bool:
    return _is_builder_of(os.getpid(), pid)


async def builder() -> int:
    """The process that builds, once it does."""
    while True:
        for pid in filter(_ours, _pids()):
            return pid
        await asyncio.sleep(0.01)


def environment(pid: int) -> bytes:
    """Of a process; b"" where it may not be read."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except PermissionError:
        return b""


class Endless:
    """A source that has given its faces and does not come to an end."""

    def __init__(self):
        self.given = asyncio.Event()

    async def expected(self):
        """As many as it gives."""
        return 50

    async def pour(self, sink):
        """Gives them."""
        await sink.put(faces(50))
        self.given.set()
        await asyncio.Event().wait()


@needs_proc
async def test_the_process_that_builds_knows_no_secrets_and_is_in_nobodys_way(folder, monkeypatch):
    """Its environment is empty, whatever ours holds; its priority is low; and it ends with the build."""
    monkeypatch.setenv("SIGHTLINE_QDRANT_API_KEY", "correct horse")
    async with open_edge_index(folder, DIMENSION) as index:
        source = Endless()
        task = asyncio.create_task(index.rebuild(source))
        await source.given.wait()
        pid = await builder()
        assert b"SIGHTLINE" not in environment(pid)
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        lower = min(19, ours + shard_builder.NICENESS)  # the same, where the tests themselves are in nobody's way
        async with asyncio.timeout(60):
            while os.getpriority(os.PRIO_PROCESS, pid) != lower:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not _ours(pid)


@needs_proc
async def test_a_build_that_is_killed_or_cancelled_leaves_the_index_as_it_was(folder):
    """After a kill -9 of the builder, and after a cancellation, the old shard answers and stands alone."""
    async with open_edge_index(folder, DIMENSION) as index:
        await index.put(faces(60))
        for kill in (True, False):
            source = Endless()
            task = asyncio.create_task(index.rebuild(source))
            await source.given.wait()
            with pytest.raises(Conflict, match="REBUILD_RUNNING"):
                await index.rebuild()
            if kill:
                os.kill(await builder(), signal.SIGKILL)
                await asyncio.sleep(0.1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert (await index.status()).building is None
            assert (await index.nearest(VECTORS[3], "w", 1))[0].face_id == "f3"
            assert len([path for path in folder.iterdir() if path.is_dir()]) == 1


@needs_proc
async def test_a_builder_that_dies_is_said_to_have(folder):
    """Where the process ends by itself the build fails with REBUILD_FAILED, and the next one works."""

    class Murderous:
        async def expected(self):
            return 10

        async def pour(self, sink):
            await sink.put(faces(10))
            os.kill(await builder(), signal.SIGKILL)

    async with open_edge_index(folder, DIMENSION) as index:
        await index.put(faces(60))
        with pytest.raises(Internal, match="REBUILD_FAILED"):
            await index.rebuild(Murderous())
        assert "REBUILD_FAILED" in (await index.status()).last_error
        await index.rebuild()
        assert await index.size() == 60


BUILDS_FOR_GOOD = """
import asyncio, sys
from pathlib import Path
import numpy as np
from sightline.match.edge_index import open_edge_index
from sightline.match.index import IndexedFace
from sightline.match.index_options import IndexOptions

class Endless:
    async def expected(self):
        return 1

    async def pour(self, sink):
        await sink.put([IndexedFace("half-built", "w", "p", np.eye(64, dtype=np.float32)[0])])
        await asyncio.sleep(1)
        print("given", flush=True)
        await asyncio.Event().wait()

async def main():
    async with open_edge_index(Path(sys.argv[1]), 64, IndexOptions()) as index:
        await index.put([IndexedFace("kept", "w", "p", np.eye(64, dtype=np.float32)[1])])
        await index.rebuild(Endless())

asyncio.run(main())
"""


@needs_proc
async def test_a_kill_during_a_build_ends_the_builder_and_costs_nothing(folder, until):
    """After kill -9 of match its builder ends, too; the next start has what was put, and nothing half-built."""
    command = (sys.executable, "-c", BUILDS_FOR_GOOD, str(folder))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert (await process.stdout.readline()) == b"given\n"

    async def builds() -> bool:
        return any(_is_builder_of(process.pid, pid) for pid in _pids()) and folders() == 2

    def folders() -> int:
        return len([path for path in folder.iterdir() if path.is_dir()])

    await until(builds)
    [pid] = [pid for pid in _pids() if _is_builder_of(process.pid, pid)]
    process.kill()
    await process.wait()

    async def ended() -> bool:
        return b"shard_builder" not in _command(pid)

    await until(ended)
    assert folders() == 2
    async with open_edge_index(folder, DIMENSION) as index:
        assert [face.face_id async for block in index.faces() for face in block] == ["kept"]
        assert folders() == 1
