"""Which cameras this process reads: it takes the wanted ones that nobody holds, and lets go of the unwanted."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Conflict, NotFound, SightlineError, Unavailable
from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sightline.ingest.cameras import CameraBook, StoredCamera
    from sightline.ingest.leases import Lease, Leases
    from sightline.ingest.reading import Reading
    from sightline.v1 import records_pb2

log = structlog.get_logger()

ROUND_S = 2.0
STATUS_S = 1.0
RENEW_S = 3.0
STALE_S = 15.0
_OVER = (pb.CAMERA_STATE_ENDED, pb.CAMERA_STATE_FAILED)


@dataclass
class _Held:
    """A camera that this process holds."""

    start_ns: int
    task: asyncio.Task[None]
    reading: Reading | None = None


class Watch:
    """Holds cameras while the process runs.

    Args:
        book: the camera records.
        leases: what decides who reads.
        open_reading: makes the reading of a record under an epoch.
    """

    def __init__(
        self, book: CameraBook, leases: Leases, open_reading: Callable[[records_pb2.CameraRecord, int], Reading]
    ) -> None:
        self._book = book
        self._leases = leases
        self._open_reading = open_reading
        self._held: dict[str, _Held] = {}
        self._woken = asyncio.Event()
        self._last_round = time.monotonic()

    def wake(self) -> None:
        """Look at the records now, as one was changed."""
        self._woken.set()

    def status(self, camera_id: str, start_ns: int) -> pb.CameraStatus | None:
        """The present status of a run that this process reads, else None."""
        held = self._held.get(camera_id)
        if held is None or held.reading is None or held.start_ns != start_ns:
            return None
        return held.reading.tally.status

    async def check(self) -> None:
        """Raises Unavailable while the records cannot be read; for health."""
        if time.monotonic() - self._last_round > STALE_S:
            raise Unavailable("CAMERAS_UNREAD", "The camera records could not be read for some time.")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watches while the block runs; at its end every camera is let go, for others to take."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            await _cancelled(task, *(held.task for held in self._held.values()))

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self._look()
                self._last_round = time.monotonic()
            except SightlineError as error:
                log.warning("cameras_unread", reason=error.reason, detail=error.message)
            # Not wait_for: before Python 3.12 it can swallow the cancellation that ends this task.
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND_S):
                    await self._woken.wait()

    async def _look(self) -> None:
        stored = {camera.id: camera for camera in await self._book.all()}
        for camera_id, held in list(self._held.items()):
            if held.task.done() or not _is_run(stored.get(camera_id), held.start_ns):
                await _cancelled(held.task)
                del self._held[camera_id]
        for camera in stored.values():
            if camera.record.wanted and camera.id not in self._held and (lease := await self._leases.take(camera.id)):
                task = asyncio.create_task(self._hold(camera.id, lease))
                self._held[camera.id] = _Held(_start_ns(camera.record), task)

    async def _hold(self, camera_id: str, lease: Lease) -> None:
        structlog.contextvars.bind_contextvars(camera=camera_id)
        try:
            await self._read(camera_id, self._held[camera_id], lease)
        except (NotFound, Conflict, Unavailable) as error:
            log.warning("camera_let_go", reason=error.reason)
        finally:
            with suppress(SightlineError):
                await lease.release()
            self.wake()

    async def _read(self, camera_id: str, held: _Held, lease: Lease) -> None:
        # The epoch is the revision of the camera's own record: the leases lie in memory, and their revisions begin
        # again at 1 when the broker does, which would make every later epoch look stale.
        stored = await self._book.change(camera_id, _mark_taken)
        await lease.renew(stored.revision)
        reading = held.reading = self._open_reading(stored.record, stored.revision)
        log.info("camera_taken", epoch=stored.revision)
        work = asyncio.create_task(reading.run())
        keep = asyncio.create_task(self._keep(camera_id, held, lease, stored.revision))
        try:
            await asyncio.wait({work, keep}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await self._finish(camera_id, held)
        finally:
            await _cancelled(work, keep)

    async def _keep(self, camera_id: str, held: _Held, lease: Lease, epoch: int) -> None:
        """Renew and report; returns when the camera is lost or not wanted any more."""
        while time.monotonic() < lease.ends - STATUS_S:
            try:
                if time.monotonic() > lease.ends - RENEW_S * 2:
                    await lease.renew(epoch)
                if not await self._report(camera_id, held):
                    return
            except Unavailable as error:
                log.warning("lease_not_renewed", reason=error.reason)
            await asyncio.sleep(STATUS_S)

    async def _report(self, camera_id: str, held: _Held) -> bool:
        """Write the status into the record; False where it belongs to another run by now."""

        def edit(record: records_pb2.CameraRecord) -> None:
            if record.wanted and _start_ns(record) == held.start_ns and held.reading is not None:
                record.status.CopyFrom(held.reading.tally.status)
                record.wanted = record.status.state not in _OVER

        stored = await self._book.change(camera_id, edit)
        return stored.record.wanted and _start_ns(stored.record) == held.start_ns

    async def _finish(self, camera_id: str, held: _Held) -> None:
        """Write the last status, as long as it takes: a file that ended may not be read again."""
        while True:
            try:
                await self._report(camera_id, held)
            except (Unavailable, Conflict):
                await asyncio.sleep(STATUS_S)
            else:
                return


def _mark_taken(record: records_pb2.CameraRecord) -> None:
    if not record.wanted:
        raise Conflict("CAMERA_NOT_WANTED", "The camera was stopped in between.")
    record.status.CopyFrom(pb.CameraStatus(state=pb.CAMERA_STATE_STARTING, start_time=record.start_time))


def _is_run(stored: StoredCamera | None, start_ns: int) -> bool:
    return stored is not None and stored.record.wanted and _start_ns(stored.record) == start_ns


def _start_ns(record: records_pb2.CameraRecord) -> int:
    return record.start_time.ToNanoseconds()


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
