"""A build as match sees it: a child process that takes faces in and leaves a shard in a folder."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Internal
from sightline.match.face_frames import end_frame, put_frame, remove_frame
from sightline.match.index_status import Built

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sightline.match.index import IndexedFace
    from sightline.match.index_status import Building
    from sightline.match.shard_builder import BuildOrder

log = structlog.get_logger()

_LINE = 1 << 20


class ShardBuild:
    """A FaceSink that is another process. See `open_build`."""

    def __init__(self, process: asyncio.subprocess.Process, building: Building) -> None:
        self._process = process
        self._building = building
        self._size = 0
        self._built = asyncio.create_task(self._listen(), name="shard build")

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """See FaceSink."""
        if faces:
            self._size += len(faces)
            await self._send(put_frame(faces))

    async def remove(self, face_ids: Sequence[str]) -> None:
        """See FaceSink."""
        if face_ids:
            await self._send(remove_frame(face_ids))

    async def clear(self) -> None:
        """See FaceSink. What was sent cannot be taken back, so the build fails. Raises Internal REBUILD_FAILED."""
        raise Internal("REBUILD_FAILED", "The gallery was emptied while its index was being made; start it again.")

    async def size(self) -> int:
        """How many faces were sent."""
        return self._size

    async def finish(self) -> Built:
        """Says that these were all, and returns once the shard is in its folder. Raises Internal REBUILD_FAILED."""
        await self._send(end_frame())
        built = await self._built
        if await self._process.wait() != 0 or built is None:
            raise _failed(self._process.returncode)
        return built

    async def stop(self) -> None:
        """Ends the process, whatever it is doing."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await asyncio.gather(self._built, return_exceptions=True)
        _input(self._process).close()

    async def _send(self, frame: bytes) -> None:
        stream = _input(self._process)
        try:
            stream.write(frame)
            await stream.drain()
        except ConnectionError as error:
            raise _failed(self._process.returncode) from error

    async def _listen(self) -> Built | None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        async for line in self._process.stdout:
            facts = json.loads(line)
            if "built" in facts:
                return Built.model_validate(facts["built"])
            self._building.phase, self._building.done = facts["phase"], facts["done"]
        return None


@asynccontextmanager
async def open_build(order: BuildOrder, building: Building) -> AsyncIterator[ShardBuild]:
    """Starts the process with an empty environment, and ends it with the block."""
    command = (sys.executable, "-m", "sightline.match.shard_builder")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env={}, limit=_LINE)
    build = ShardBuild(process, building)
    try:
        _input(process).write(order.model_dump_json().encode() + b"\n")
        yield build
    finally:
        await build.stop()


def _input(process: asyncio.subprocess.Process) -> asyncio.StreamWriter:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    return process.stdin


def _failed(code: int | None) -> Internal:
    return Internal("REBUILD_FAILED", f"The process that builds the index ended with {code}; see the service's log.")
