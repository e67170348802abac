"""Turns the index anew by the first key of rotation.key: match makes it again from the ledger while searches go on."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import grpc

from sightline.chassis.errors import FailedPrecondition, Internal
from sightline.chassis.key_file import KeyFile
from sightline.cli.client import CALL_SECONDS
from sightline.v1 import index_service_pb2 as pb

LOOK_EVERY = 0.5


class IndexRotation:
    """Of one match; what is done is in its index, so that an interrupted run can be repeated.

    Args:
        index: a stub of IndexService.
        file: the keys by which an index may be turned.
    """

    def __init__(self, index: Any, file: KeyFile) -> None:
        self._index = index
        self._file = file

    async def run(self, progress: Callable[[int, int], None] = lambda *_: None) -> int:
        """Turn the index, unless it is turned by the current key already, and give the number of faces in it, else 0.

        Args:
            progress: called with how many faces were read, and how many there are.

        Raises:
            Internal: REBUILD_FAILED; the index is as it was.
            FailedPrecondition: ROTATION_NOT_TAKEN, match does not have the new file.
        """
        current = self._file.current().id
        if (await self._settled(progress)).rotation_id == current:
            return 0
        while not await self._begun(current):
            await self._settled(progress)
        found = await self._settled(progress)
        if found.last_error:
            raise Internal("REBUILD_FAILED", f"{found.last_error}; the index is as it was.")
        if found.rotation_id != current:
            raise FailedPrecondition(
                "ROTATION_NOT_TAKEN",
                f"match turned the index by {found.rotation_id or 'no key'}: it does not have the file with {current} "
                "yet; give it that, wait until it has it, and run this again.",
            )
        return found.size

    async def uses(self) -> Counter[str]:
        """Count the faces that each key turns, by its id: all of them are turned by one."""
        found = await self._status()
        return Counter({found.rotation_id: found.size})

    async def _begun(self, current: str) -> bool:
        """Ask for a build; False where one runs that match began by itself."""
        request = pb.RebuildIndexRequest(purpose=f"rotation of the index to the key {current}")
        try:
            await self._index.RebuildIndex(request, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.ABORTED:
                raise
            return False
        return True

    async def _settled(self, progress: Callable[[int, int], None]) -> pb.IndexStatus:
        """Give the status once no build runs."""
        while (found := await self._status()).HasField("building"):
            running = found.building
            progress(running.done, max(running.expected, running.done))
            await asyncio.sleep(LOOK_EVERY)
        return found

    async def _status(self) -> pb.IndexStatus:
        answer: pb.GetIndexStatusResponse = await self._index.GetIndexStatus(
            pb.GetIndexStatusRequest(), timeout=CALL_SECONDS
        )
        return answer.status
