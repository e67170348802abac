"""The `jobs` bucket: searches of stored video, how far each is, and how it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import AlreadyExists, Conflict, NotFound
from sightline.chassis.topology import JOBS
from sightline.v1 import face_pb2, records_pb2
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.js.kv import KeyValue

    from sightline.chassis.bus import Bus
    from sightline.chassis.errors import SightlineError

RESULTS_SECONDS = 31 * 86400
"""How long sightings stay in their stream (topology.py), and so how long an ended job can show any."""
UNENDED = (pb.VIDEO_JOB_STATE_QUEUED, pb.VIDEO_JOB_STATE_RUNNING)
_TRIES = 10


@dataclass(frozen=True)
class StoredJob:
    """A job's record with its revision."""

    record: records_pb2.VideoJobRecord
    revision: int

    @property
    def job(self) -> pb.VideoJob:
        """What people see of it."""
        return self.record.job

    @property
    def is_announced(self) -> bool:
        """Whether others were told of its state."""
        return self.record.announced_state == self.job.state

    @property
    def is_deleted(self) -> bool:
        """Whether only the mark of it is left."""
        return self.record.HasField("delete_time")

    @property
    def is_unended(self) -> bool:
        """Whether it waits or runs."""
        return self.job.state in UNENDED


class JobBook:
    """Reads and writes job records; every change is a compare-and-set."""

    def __init__(self, bucket: KeyValue, bus: Bus) -> None:
        self._bucket = bucket
        self._bus = bus
        self._over: set[str] = set()  # what has ended stays so, and need not be read again and again

    async def add(self, record: records_pb2.VideoJobRecord) -> None:
        """Store a new job. Raises AlreadyExists JOB_EXISTS, Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            try:
                await self._bucket.create(record.job.id, record.SerializeToString())
            except KeyWrongLastSequenceError as error:
                raise AlreadyExists("JOB_EXISTS", f"There is a job {record.job.id} already.") from error

    async def get(self, job_id: str) -> StoredJob:
        """One job. Raises NotFound JOB_NOT_FOUND, Unavailable BROKER_UNAVAILABLE."""
        stored = await self._entry(job_id)
        if stored is None or stored.is_deleted:
            raise NotFound("JOB_NOT_FOUND", f"There is no job {job_id}: `sightline video list` shows them.")
        return stored

    async def all(self) -> list[StoredJob]:
        """Every job, the oldest first. Raises Unavailable BROKER_UNAVAILABLE."""
        return [each for each in await self._read(await self._ids()) if not each.is_deleted]

    async def deleted(self) -> list[StoredJob]:
        """The marks of deleted jobs. Raises Unavailable BROKER_UNAVAILABLE."""
        return [each for each in await self._read(await self._ids()) if each.is_deleted]

    async def open(self) -> list[StoredJob]:
        """The jobs of which something is still to come, the oldest first. Raises Unavailable BROKER_UNAVAILABLE."""
        ids = await self._ids()
        self._over.intersection_update(ids)
        stored = await self._read([job_id for job_id in ids if job_id not in self._over])
        self._over.update(each.job.id for each in stored if each.is_announced and not each.is_unended)
        return [each for each in stored if each.job.id not in self._over]

    async def change(self, job_id: str, edit: Callable[[records_pb2.VideoJobRecord], None]) -> StoredJob:
        """Edit a record and store it; the edit runs again where somebody else wrote in between.

        Raises:
            NotFound: JOB_NOT_FOUND.
            Conflict: JOB_CHANGED, others never let it through; and what the edit raises.
            Unavailable: BROKER_UNAVAILABLE.
        """
        for _ in range(_TRIES):
            stored = await self.get(job_id)
            edit(stored.record)
            with broker_errors():
                try:
                    revision = await self._bucket.update(job_id, stored.record.SerializeToString(), stored.revision)
                except KeyWrongLastSequenceError:
                    continue
            return StoredJob(stored.record, revision)
        raise Conflict("JOB_CHANGED", f"Job {job_id} is being changed by others; try again.")

    async def bury(self, job_id: str) -> None:
        """Leave a mark in the place of a job; whoever reads it finds it gone. Raises as `change`."""
        await self.change(job_id, _bury)

    async def remove(self, job_id: str) -> None:
        """Leave nothing of a job. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            await self._bus.purge_key(JOBS, job_id)

    async def _entry(self, job_id: str) -> StoredJob | None:
        with broker_errors():
            try:
                entry = await self._bucket.get(job_id)
            except (KeyNotFoundError, KeyDeletedError):
                return None
        return StoredJob(records_pb2.VideoJobRecord.FromString(entry.value or b""), entry.revision or 0)

    async def _read(self, ids: list[str]) -> list[StoredJob]:
        found = [stored for job_id in ids if (stored := await self._entry(job_id))]
        return sorted(found, key=lambda stored: (stored.job.create_time.ToNanoseconds(), stored.job.id))

    async def _ids(self) -> list[str]:
        with broker_errors():
            return await self._bus.keys(JOBS)


async def open_jobs(bus: Bus) -> JobBook:
    """Raises FailedPrecondition NOT_PROVISIONED."""
    return JobBook(await bus.bucket(JOBS), bus)


def _bury(record: records_pb2.VideoJobRecord) -> None:
    over = pb.VIDEO_JOB_STATE_CANCELLED
    record.CopyFrom(records_pb2.VideoJobRecord(job=pb.VideoJob(id=record.job.id, state=over), announced_state=over))
    record.delete_time.GetCurrentTime()


def end_job(job: pb.VideoJob, state: pb.VideoJobState, error: SightlineError | None = None) -> None:
    """Write down that a job has ended, and why; one that has ended already stays as it is."""
    if job.state not in UNENDED:
        return
    now = time.time_ns()
    job.state = state
    job.end_time.FromNanoseconds(now)
    job.expire_time.FromNanoseconds(now + RESULTS_SECONDS * 10**9)
    if error is not None:
        job.problem.CopyFrom(face_pb2.Problem(reason=error.reason, message=error.message))
