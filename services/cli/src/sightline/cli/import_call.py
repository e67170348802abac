"""The call behind `sightline import`: batches on their way, answers as they come, and both again after a failure."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.cli.import_sources import Entry
from sightline.v1 import import_service_pb2 as pb

BATCH_ITEMS = {True: 256, False: 32}
"""Templates go in batches as large as the server's chunks, pictures in groups as large as detect likes them."""
BATCH_BYTES = 8_000_000
BATCHES_ON_THEIR_WAY = 6
TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
_AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}


@dataclass(frozen=True)
class Batch:
    """Entries with their request."""

    entries: Sequence[Entry]
    request: pb.ImportFacesRequest


@dataclass(frozen=True)
class Refused:
    """An entry that cannot be sent."""

    entry: Entry
    reason: str
    message: str


class ImportCall:
    """Sends entries, at most some batches ahead of the answers.

    Args:
        call: opens the RPC: `stub.ImportFaces`.
        header: a request without items, as each batch begins.
        answered: is told of each batch that was answered.
        refused: is told of each entry that could not be sent.
        templates: whether entries are templates and not pictures.
    """

    def __init__(
        self,
        call: Callable[[AsyncIterator[pb.ImportFacesRequest]], Any],
        header: pb.ImportFacesRequest,
        answered: Callable[[Batch, pb.ImportFacesResponse], None],
        refused: Callable[[Refused], None],
        *,
        templates: bool,
    ) -> None:
        self._call = call
        self._header = header
        self._answered = answered
        self._refused = refused
        self._most = BATCH_ITEMS[templates]
        self._sent: deque[Batch] = deque()
        self._reading: asyncio.Task[Batch | None] | None = None
        self._failures = 0

    async def run(self, entries: Iterable[Entry]) -> None:
        """Return once everything is answered; a service that is away for a while is waited for.

        Raises:
            AioRpcError: the service refused, or stayed away.
        """
        source = iter(entries)
        while True:
            try:
                await self._once(source)
            except grpc.aio.AioRpcError as error:
                self._failures += 1
                if error.code() not in _AGAIN or self._failures >= TRIES:
                    raise
                await asyncio.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._failures - 1)))
            else:
                return

    async def _once(self, source: Any) -> None:
        """One call: first what was sent before and never answered, then the rest; none where there is nothing."""
        room, unanswered = asyncio.Semaphore(BATCHES_ON_THEIR_WAY), list(self._sent)
        if not unanswered and await self._following(source) is None:
            return

        async def requests() -> AsyncIterator[pb.ImportFacesRequest]:
            for again in unanswered:
                await room.acquire()
                yield again.request
            while True:
                await room.acquire()
                batch = await self._following(source)
                if batch is None:
                    return
                self._reading = None
                self._sent.append(batch)
                yield batch.request

        async for response in self._call(requests()):
            self._failures = 0
            self._answered(self._sent.popleft(), response)
            room.release()

    async def _following(self, source: Any) -> Batch | None:
        """The batch after those that were sent: what was read when a call failed belongs to the next one."""
        if self._reading is None:
            self._reading = asyncio.create_task(asyncio.to_thread(self._next, source))
        return await asyncio.shield(self._reading)

    def _next(self, source: Any) -> Batch | None:
        """Read as many entries as make a batch; None where there are no more."""
        request, entries, size = pb.ImportFacesRequest(), [], 0
        request.CopyFrom(self._header)
        for entry in source:
            try:
                item = entry.load()
            except (InvalidInput, NotFound) as error:
                self._refused(Refused(entry, error.reason, error.message))
                continue
            entries.append(entry)
            request.items.append(item)
            size += item.ByteSize()
            if len(entries) == self._most or size >= BATCH_BYTES:
                break
        return Batch(entries, request) if entries else None
