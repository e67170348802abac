"""Which cameras this process reads: its share of those that are to be read now, by everybody's leases."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.bucket_copy import BucketCopy
from sightline.chassis.errors import SightlineError, Unavailable
from sightline.chassis.roster import Roster
from sightline.chassis.rounds import Rounds
from sightline.chassis.sharing import Sight, first_for, to_let_go, to_take
from sightline.chassis.topology import CAMERAS, LEASES
from sightline.ingest.holding import Holding
from sightline.ingest.outbox import Outbox
from sightline.ingest.suspension import show, suspension
from sightline.ingest.terms import KnownCamera
from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from sightline.chassis.bus import Bus
    from sightline.chassis.leases import Leases
    from sightline.ingest.cameras import CameraBook
    from sightline.ingest.holding import OpenReading
    from sightline.v1 import face_pb2, records_pb2

log = structlog.get_logger()

ROUND_S = 1.0
REST_S = 0.1
"""Between two rounds, however many records change."""
LET_GO_S = 1.0
"""Between cameras that are let go for others to take."""
STALE_S = 15.0


class Watch:
    """Holds cameras while the process runs.

    Args:
        bus: to the broker that has the buckets.
        book: the camera records.
        leases: what decides who reads.
        open_reading: makes the reading of a record under a lease.
        clock: the present time, aware; for schedules.
    """

    def __init__(
        self,
        bus: Bus,
        book: CameraBook,
        leases: Leases,
        open_reading: OpenReading,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._book = book
        self._leases = leases
        self._open_reading = open_reading
        self._clock = clock
        self._cameras = BucketCopy(bus, CAMERAS, KnownCamera.read, self.wake)
        self._roster = Roster(bus, LEASES, leases.holder, self.wake)
        self._outbox = Outbox(book, bus.publish, self._unsent)
        self._held: dict[str, Holding] = {}
        self._rounds = Rounds("watch", self._look, ROUND_S, rest=REST_S)
        self._let_go_at = time.monotonic()

    def wake(self) -> None:
        """Look at the records now, as one was changed."""
        self._rounds.wake()
        self._outbox.wake()

    def status(self, camera_id: str, start_ns: int) -> pb.CameraStatus | None:
        """The present status of a run that this process reads, else None."""
        holding = self._held.get(camera_id)
        return holding.status(start_ns) if holding else None

    def count(self) -> int:
        """How many cameras this process holds."""
        return len(self._held)

    async def check(self) -> None:
        """Raises Unavailable while records or leases cannot be read; for health."""
        await self._cameras.check()
        await self._roster.check()
        if self._rounds.overdue(STALE_S):
            raise Unavailable("CAMERAS_UNREAD", "The camera records could not be read for some time.")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watches while the block runs; at its end every camera is let go, for others to take."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._cameras.following())
            await stack.enter_async_context(self._roster.following())
            await stack.enter_async_context(self._outbox.running())
            stack.push_async_callback(self._leave)
            await stack.enter_async_context(self._rounds.running())
            yield

    async def _leave(self) -> None:
        with suppress(SightlineError):
            await self._leases.withdraw()
        for holding in self._held.values():
            holding.stop()
        await asyncio.gather(*(holding.ended() for holding in self._held.values()))

    async def _look(self) -> None:
        await self._leases.announce(since=self._roster.began)
        now = self._clock()
        wanted = {key: entry.value.record for key, entry in self._cameras.entries.items() if entry.value.record.wanted}
        closed = {key: why for key, record in wanted.items() if (why := suspension(record, now))}
        self._heed(wanted.keys() - closed.keys())
        await self._share({key: record for key, record in wanted.items() if key not in closed})
        for camera_id, why in closed.items():
            await self._suspend(wanted[camera_id], why)

    def _heed(self, due: Collection[str]) -> None:
        """Stop what is not to be read now, and read anew what is to be read otherwise."""
        self._held = {camera_id: holding for camera_id, holding in self._held.items() if not holding.over}
        for camera_id, holding in self._held.items():
            if camera_id not in due:
                holding.stop()
            else:
                entry = self._cameras.entries[camera_id]
                holding.heed(entry.revision, entry.value.terms)

    async def _share(self, due: dict[str, records_pb2.CameraRecord]) -> None:
        sight = self._sight(due)
        if self._roster.settled:
            for camera_id in to_take(sight):
                if lease := await self._leases.take(camera_id):
                    self._held[camera_id] = Holding(camera_id, lease, self._book, self._open_reading, self.wake)
        if time.monotonic() > self._let_go_at + LET_GO_S:
            for camera_id in to_let_go(sight):
                self._let_go_at = time.monotonic()
                log.info("camera_handed_over", camera=camera_id, held=self.count(), replicas=len(sight.replicas))
                self._held[camera_id].stop()

    def _sight(self, due: dict[str, records_pb2.CameraRecord]) -> Sight:
        free = due.keys() - self._roster.leased() - self._held.keys()
        mine = [camera_id for camera_id, holding in self._held.items() if not holding.stopping]
        # A file would begin again elsewhere.
        movable = [camera_id for camera_id in mine if not due[camera_id].camera.source_url.lower().startswith("file:")]
        others = len(due) - len(free) - len(mine)
        return Sight(self._leases.holder, self._roster.replicas(), free, mine, others, movable)

    async def _suspend(self, record: records_pb2.CameraRecord, why: face_pb2.Problem) -> None:
        """Say that a camera is not watched now, unless its record does."""
        camera_id = record.camera.id
        held = camera_id in self._held or camera_id in self._roster.leased()
        if held or _says(record.status, why) or not self._is_first_for(camera_id):
            return

        def edit(record: records_pb2.CameraRecord) -> None:
            why = suspension(record, self._clock())
            if record.wanted and why and not _says(record.status, why):
                record.epoch += 1  # a holder that has not noticed yet says no more
                show(record, why)

        await self._book.change(camera_id, edit)

    def _unsent(self) -> dict[str, records_pb2.CameraRecord]:
        """The cameras whose changes this process has to send."""
        records = {key: entry.value.record for key, entry in self._cameras.entries.items()}
        return {key: record for key, record in records.items() if record.unsent and self._is_first_for(key)}

    def _is_first_for(self, camera_id: str) -> bool:
        return first_for(camera_id, self._roster.replicas()) == self._leases.holder


def _says(status: pb.CameraStatus, why: face_pb2.Problem) -> bool:
    return status.state == pb.CAMERA_STATE_SUSPENDED and status.reason == why
