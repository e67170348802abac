"""Alerts as they come, for any number of watchers: the stream is read once, and each watcher has a place in it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

from sightline.chassis.follower import Follower
from sightline.chassis.tail import last_sequence, sequence_before, tail
from sightline.chassis.topology import ALERTS
from sightline.v1 import alert_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator
    from datetime import datetime

    from sightline.chassis.bus import Bus
    from sightline.chassis.tail import Record

Waiting: TypeAlias = "asyncio.Queue[pb.WatchAlertsResponse | None]"
"""What waits for a watcher; None: they are left behind, and read the stream by themselves."""
MOST_WAITING = 1024


class AlertFeed:
    """Passes on the ALERTS stream from the moment on at which this process began to read it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._position = 0
        self._watchers: set[Waiting] = set()
        self._follower = Follower("ALERT_FEED", self._records, self._pass_on, lambda: self._position)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reads while the block runs."""
        self._position = await last_sequence(self._bus, ALERTS)
        async with self._follower.running():
            yield

    async def check(self) -> None:
        """Raises Unavailable while the stream cannot be passed on; for health."""
        await self._follower.check()

    async def start(self, after: int, since: datetime | None) -> int:
        """The sequence behind which a watcher begins, who asked for `after` or `since`; for neither: now."""
        if since is not None:
            return await sequence_before(self._bus, ALERTS, since)
        return after or await last_sequence(self._bus, ALERTS)

    async def watch(self, after: int) -> AsyncGenerator[pb.WatchAlertsResponse, None]:
        """Every revision of every alert behind that sequence, and then every new one."""
        while True:
            # From here on nothing that comes is missed; what came before is read from the stream.
            with self._waiting() as queue:
                async with aclosing(self._between(after, self._position)) as missed:
                    async for answer in missed:
                        after = answer.sequence
                        yield answer
                while (waiting := await queue.get()) is not None:
                    if waiting.sequence > after:
                        after = waiting.sequence
                        yield waiting

    @contextmanager
    def _waiting(self) -> Iterator[Waiting]:
        queue: Waiting = asyncio.Queue(MOST_WAITING)
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    async def _between(self, after: int, last: int) -> AsyncGenerator[pb.WatchAlertsResponse, None]:
        if after >= last:
            return
        async with aclosing(tail(self._bus, ALERTS, after=after)) as records:
            async for record in records:
                yield _answer(record)
                if record.sequence >= last:
                    return

    def _records(self, after: int) -> AsyncGenerator[Record, None]:
        return tail(self._bus, ALERTS, after=after)

    async def _pass_on(self, record: Record) -> None:
        self._position = record.sequence
        answer = _answer(record)
        for queue in list(self._watchers):
            if queue.full():
                self._leave_behind(queue)
            else:
                queue.put_nowait(answer)

    def _leave_behind(self, queue: Waiting) -> None:
        """Lets a slow watcher read the stream by itself."""
        self._watchers.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


def _answer(record: Record) -> pb.WatchAlertsResponse:
    return pb.WatchAlertsResponse(alert=pb.AlertEvent.FromString(record.data).alert, sequence=record.sequence)
