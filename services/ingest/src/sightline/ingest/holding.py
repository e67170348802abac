"""A camera that this process holds: read under its lease, while its record says how it does."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import Conflict, NotFound, SightlineError, Unavailable
from sightline.ingest.terms import reading_terms
from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.chassis.leases import Lease
    from sightline.ingest.cameras import CameraBook, StoredCamera
    from sightline.ingest.reading import Reading
    from sightline.v1 import records_pb2

    OpenReading: TypeAlias = Callable[[records_pb2.CameraRecord, Lease], Reading]

log = structlog.get_logger()

LOOK_S = 0.4
"""How soon a change of state is in the record."""
STATUS_S = 2.0
"""How old the counts in the record may be."""
_OVER = (pb.CAMERA_STATE_ENDED, pb.CAMERA_STATE_FAILED)


class Holding:
    """Holds one camera from `begin` until it is `over`.

    Args:
        camera_id: which.
        lease: of that camera.
        book: the camera records.
        open_reading: makes the reading of a record; the record's epoch is that of the lease.
        ended: called once it is over.
    """

    def __init__(
        self, camera_id: str, lease: Lease, book: CameraBook, open_reading: OpenReading, ended: Callable[[], None]
    ) -> None:
        self._camera_id = camera_id
        self._lease = lease
        self._book = book
        self._open_reading = open_reading
        self._changed = asyncio.Event()
        self._stored: StoredCamera | None = None
        self._reading: Reading | None = None
        self._ending: asyncio.Task[None] | None = None
        self._task = asyncio.create_task(self._run(), name=f"camera {camera_id}")
        self._task.add_done_callback(lambda _: ended())

    @property
    def over(self) -> bool:
        """Whether the camera was let go."""
        return self._task.done()

    @property
    def stopping(self) -> bool:
        """Whether it is about to be let go."""
        return self._ending is not None or self.over

    def stop(self) -> None:
        """Let the camera go, soon."""
        if self._ending is None:
            self._ending = asyncio.create_task(end(self._task))

    async def ended(self) -> None:
        """Returns once it is over; it has to be stopped before."""
        await asyncio.wait([self._task])

    def heed(self, revision: int, terms: bytes) -> None:
        """Begin to read anew where the record of that revision has other terms than those that it is read under."""
        if self._stored and revision > self._stored.revision and terms != reading_terms(self._stored.record):
            self._changed.set()

    def status(self, start_ns: int) -> pb.CameraStatus | None:
        """The present status of that run, if it is this one."""
        if self._stored is None or self._reading is None or _start_ns(self._stored.record) != start_ns:
            return None
        return self._reading.tally.status

    async def _run(self) -> None:
        structlog.contextvars.bind_contextvars(camera=self._camera_id)
        try:
            while await self._read():
                log.info("camera_changed")
        except (NotFound, Conflict, Unavailable) as error:
            log.warning("camera_let_go", reason=error.reason)
        except Exception:
            log.exception("camera_let_go")
        finally:
            with suppress(SightlineError):
                await self._lease.release()

    async def _read(self) -> bool:
        """Read under the present terms; True where they have changed.

        Raises:
            NotFound: CAMERA_NOT_FOUND, it was deleted.
            Conflict: LEASE_LOST; CAMERA_NOT_WANTED.
            Unavailable: BROKER_UNAVAILABLE.
        """
        stored = self._stored = await self._book.change(self._camera_id, _mark_taken)
        self._changed.clear()
        await self._lease.renew(stored.record.epoch)
        reading = self._reading = self._open_reading(stored.record, self._lease)
        log.info("camera_taken", epoch=stored.record.epoch)
        work = asyncio.create_task(reading.run())
        keep = asyncio.create_task(self._lease.keep())
        report = asyncio.create_task(self._keep_reporting(stored.record, reading))
        change = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({work, keep, report, change}, return_when=asyncio.FIRST_COMPLETED)
            for lost in (keep, report):
                if lost.done():
                    lost.result()
            if work.done():
                await self._finish(stored.record, reading)
            return not work.done() and not report.done()
        finally:
            await asyncio.gather(*map(end, (work, keep, report, change)))

    async def _keep_reporting(self, mine: records_pb2.CameraRecord, reading: Reading) -> None:
        """Write the status again and again; returns when the camera is not to be read any more, or by somebody else."""
        told, told_at = "", -float("inf")
        while True:
            now = f"{reading.tally.status.state} {reading.tally.status.reason.reason}"
            if now != told or time.monotonic() > told_at + STATUS_S:
                try:
                    if not await self._report(mine, reading):
                        return
                    told, told_at = now, time.monotonic()
                except (Unavailable, Conflict) as error:
                    log.warning("status_not_written", reason=error.reason)
            await asyncio.sleep(LOOK_S)

    async def _report(self, mine: records_pb2.CameraRecord, reading: Reading) -> bool:
        """Write the status into the record; False where it belongs to another run or holder by now."""

        def edit(record: records_pb2.CameraRecord) -> None:
            if _is_of(mine, record):
                record.status.CopyFrom(reading.tally.status)
                record.wanted = record.status.state not in _OVER

        return _is_of(mine, (await self._book.change(self._camera_id, edit)).record)

    async def _finish(self, mine: records_pb2.CameraRecord, reading: Reading) -> None:
        """Write the last status, as long as it takes: a file that ended may not be read again."""
        while True:
            try:
                await self._report(mine, reading)
            except (Unavailable, Conflict):
                await asyncio.sleep(LOOK_S)
            else:
                return


def _mark_taken(record: records_pb2.CameraRecord) -> None:
    if not record.wanted:
        raise Conflict("CAMERA_NOT_WANTED", "The camera was stopped in between.")
    # Not the revision of the lease: leases lie in memory, and their revisions begin again when the broker does.
    record.epoch += 1
    record.status.CopyFrom(pb.CameraStatus(state=pb.CAMERA_STATE_STARTING, start_time=record.start_time))


def _is_of(mine: records_pb2.CameraRecord, record: records_pb2.CameraRecord) -> bool:
    """Whether the record is still of the same reading."""
    return record.wanted and record.epoch == mine.epoch and _start_ns(record) == _start_ns(mine)


def _start_ns(record: records_pb2.CameraRecord) -> int:
    return record.start_time.ToNanoseconds()
