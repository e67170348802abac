"""Which jobs this process reads: the oldest that nobody holds, a few at a time."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import Conflict, Internal, NotFound, SightlineError, Unavailable
from sightline.chassis.rounds import Rounds, one_of_several
from sightline.ingest.jobs import end_job
from sightline.ingest.uploads import KEEP_S
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sightline.chassis.lease import Lease
    from sightline.chassis.leases import Leases
    from sightline.ingest.job_announcements import JobAnnouncements
    from sightline.ingest.job_erasure import JobErasure
    from sightline.ingest.job_tools import JobWork
    from sightline.ingest.jobs import JobBook, StoredJob
    from sightline.ingest.uploads import Uploads
    from sightline.v1 import records_pb2

log = structlog.get_logger()

_TASK = "video-jobs"
ROUND_S = 2.0
REPORT_S = 1.0
STALE_S = 15.0
CLEAR_S = 60.0
INTERRUPTIONS = 3
"""A job whose decoder dies so often in this process, or for which something else fails that may pass, has failed."""


class JobRunner:
    """Reads jobs while the process runs.

    Args:
        book: the job records.
        leases: what decides who reads.
        uploads: what callers sent to this replica, and what it fetched.
        announcements: tell others of states.
        erasure: deletes jobs.
        open_reading: makes the reading of a record under an epoch.
        at_once: jobs that are read side by side.
    """

    def __init__(
        self,
        book: JobBook,
        leases: Leases,
        uploads: Uploads,
        announcements: JobAnnouncements,
        erasure: JobErasure,
        open_reading: Callable[[records_pb2.VideoJobRecord, int], JobWork],
        at_once: int,
    ) -> None:
        self._book = book
        self._leases = leases
        self._uploads = uploads
        self._announcements = announcements
        self._erasure = erasure
        self._open_reading = open_reading
        self._at_once = at_once
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._readings: dict[str, JobWork] = {}
        self._interrupted: dict[str, int] = {}
        self._rounds = Rounds(_TASK, self._look, ROUND_S)
        self._cleared = 0.0

    def wake(self) -> None:
        """Look at the records now, as one was changed."""
        self._rounds.wake()

    def progress(self, job_id: str) -> pb.VideoJobProgress | None:
        """The present progress of a job that is read here, else None."""
        reading = self._readings.get(job_id)
        return reading.progress if reading else None

    async def check(self) -> None:
        """Raises Unavailable while the records cannot be read; for health."""
        if self._rounds.overdue(STALE_S):
            raise Unavailable("JOBS_UNREAD", "The job records could not be read for some time.")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reads while the block runs; at its end every job is let go, for others to go on with."""
        try:
            async with self._rounds.running():
                yield
        finally:
            await asyncio.gather(*map(end, self._tasks.values()))

    async def _look(self) -> None:
        jobs = await self._book.open()
        for job_id in self._interrupted.keys() - {each.job.id for each in jobs}:  # cancelled, or deleted
            del self._interrupted[job_id]
        for job_id in [job_id for job_id, task in self._tasks.items() if task.done()]:
            await end(self._tasks.pop(job_id))
        for each in jobs:
            with one_of_several(_TASK, each.job.id), suppress(NotFound, Conflict):
                # Deleted, or written by others: there is another round.
                await self._announcements.announce(each)
            if each.is_unended and len(self._tasks) < self._at_once:
                await self._take(each)
        if time.monotonic() > self._cleared + CLEAR_S:
            await self._clear()
            self._cleared = time.monotonic()

    async def _take(self, stored: StoredJob) -> None:
        job = stored.job
        if job.id in self._tasks or (job.upload_id and not self._uploads.has(job.upload_id)):
            return
        if lease := await self._leases.take(job.id):
            self._tasks[job.id] = asyncio.create_task(self._hold(job.id, lease))

    async def _clear(self) -> None:
        """Forget jobs whose results are gone, and uploads that nobody needs."""
        stored = await self._book.all()
        self._uploads.sweep({file for each in stored if each.is_unended for file in (each.job.upload_id, each.job.id)})
        for each in stored:
            if each.is_unended:
                await self._give_up_orphan(each)
                continue
            self._uploads.delete(each.job.upload_id, each.job.id)  # cancelled by another replica
            if each.job.expire_time.ToNanoseconds() < time.time_ns():
                await self._book.remove(each.job.id)
        await self._erasure.sweep()

    async def _give_up_orphan(self, stored: StoredJob) -> None:
        """End a job whose upload went with the replica that had it."""
        job = stored.job
        old = job.create_time.ToNanoseconds() < time.time_ns() - KEEP_S * 1e9
        if not job.upload_id or not old or self._uploads.has(job.upload_id) or await self._leases.is_held(job.id):
            return
        gone = NotFound("UPLOAD_NOT_FOUND", "No replica of ingest has the uploaded video any more: send it again.")
        with suppress(NotFound, Conflict):
            await self._book.change(job.id, lambda record: end_job(record.job, pb.VIDEO_JOB_STATE_FAILED, gone))

    async def _hold(self, job_id: str, lease: Lease) -> None:
        structlog.contextvars.bind_contextvars(job=job_id)
        try:
            await self._read(job_id, lease)
        except SightlineError as error:
            log.warning("job_let_go", reason=error.reason)
        except Exception:
            log.exception("job_let_go")
        finally:
            self._readings.pop(job_id, None)
            with suppress(SightlineError):
                await lease.release()
            self.wake()

    async def _read(self, job_id: str, lease: Lease) -> None:
        stored = await self._book.change(job_id, _mark_taken)
        self.wake()  # to announce it
        await lease.renew(stored.revision)
        reading = self._readings[job_id] = self._open_reading(stored.record, stored.revision)
        log.info("job_taken", epoch=stored.revision, media_s=round(stored.record.checkpoint.media_seconds, 1))
        work = asyncio.create_task(self._work(job_id, reading))
        beside = [asyncio.create_task(lease.keep()), asyncio.create_task(self._report(job_id, reading))]
        try:
            await asyncio.wait({work, *beside}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await self._finish(job_id, reading, work.result())
            for each in beside:
                if each.done():
                    each.result()
        finally:
            await asyncio.gather(*map(end, (work, *beside)))

    async def _work(self, job_id: str, reading: JobWork) -> SightlineError | None:
        """Read; gives the error that ends the job, and raises what another reading may get over."""
        interruption: SightlineError
        try:
            await reading.run()
        except Unavailable as error:
            interruption = error
        except SightlineError as error:
            return error
        except Exception:
            log.exception("job_failed")
            interruption = Internal("INTERNAL", "Something failed here; the log of ingest has the details.")
        else:
            return None
        self._interrupted[job_id] = self._interrupted.get(job_id, 0) + 1
        if self._interrupted[job_id] < INTERRUPTIONS:
            raise interruption
        return interruption

    async def _report(self, job_id: str, reading: JobWork) -> None:
        """Write down how far it is, again and again; returns when the job was ended or deleted."""
        while True:
            try:
                if not (await self._book.change(job_id, lambda record: _note(record, reading))).is_unended:
                    return
            except NotFound:
                return
            except (Unavailable, Conflict) as error:
                log.warning("job_not_reported", reason=error.reason)
            await asyncio.sleep(REPORT_S)

    async def _finish(self, job_id: str, reading: JobWork, error: SightlineError | None) -> None:
        """Write down how it ended, as long as it takes: otherwise it would be read again."""

        def finish(record: records_pb2.VideoJobRecord) -> None:
            _note(record, reading)
            end_job(record.job, pb.VIDEO_JOB_STATE_FAILED if error else pb.VIDEO_JOB_STATE_DONE, error)

        while True:
            try:
                stored = await self._book.change(job_id, finish)
            except (Unavailable, Conflict):
                await asyncio.sleep(REPORT_S)
            else:
                break
        self._uploads.delete(stored.job.upload_id, job_id)
        self._interrupted.pop(job_id, None)
        log.info("job_ended", reason=error.reason if error else "", **_facts(reading.progress))


def _mark_taken(record: records_pb2.VideoJobRecord) -> None:
    job = record.job
    if job.state == pb.VIDEO_JOB_STATE_RUNNING:
        job.progress.resumptions += 1
    elif job.state == pb.VIDEO_JOB_STATE_QUEUED:
        job.state = pb.VIDEO_JOB_STATE_RUNNING
        job.start_time.GetCurrentTime()
    else:
        raise Conflict("JOB_ENDED", "The job was ended in between.")


def _note(record: records_pb2.VideoJobRecord, reading: JobWork) -> None:
    if record.job.state != pb.VIDEO_JOB_STATE_RUNNING:
        return
    resumptions = record.job.progress.resumptions
    record.checkpoint.CopyFrom(reading.checkpoint)
    record.job.progress.CopyFrom(reading.progress)
    record.job.progress.resumptions = resumptions


def _facts(progress: pb.VideoJobProgress) -> dict[str, float]:
    return {
        "frames": progress.frames,
        "faces": progress.faces,
        "tracks": progress.tracks,
        "matched": progress.tracks_matched,
        "media_s": round(progress.media_seconds, 1),
    }
