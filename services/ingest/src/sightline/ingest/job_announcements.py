"""Telling others that a job has come into another state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis import topology
from sightline.chassis.enum_names import enum_word
from sightline.ingest.job_completion import completion_of
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.lease import Publish
    from sightline.ingest.jobs import JobBook, StoredJob
    from sightline.v1 import records_pb2


class JobAnnouncements:
    """Publishes states until EVENTS has them: the record says which it has.

    Every process may do it for every job: a state is entered once, so that its event has one id.
    """

    def __init__(self, book: JobBook, publish: Publish) -> None:
        self._book = book
        self._publish = publish

    async def announce(self, stored: StoredJob) -> None:
        """Publish the job's state, unless that was done. Raises as `Bus.publish` and `JobBook.change`."""
        if stored.is_announced:
            return
        job, state = stored.job, enum_word(pb.VideoJobState, stored.job.state)
        event = pb.VideoJobEvent(job_id=job.id, name=job.name, state=job.state)
        if job.HasField("problem"):
            event.problem.CopyFrom(job.problem)
        event.time.GetCurrentTime()
        await self._publish(topology.job_events(state, job.id), event, dedup_id=f"{job.id}:{state}")
        if job.HasField("notice") and not stored.is_unended:
            subject = topology.job_completions(state, job.id)
            await self._publish(subject, completion_of(job), dedup_id=f"{job.id}:completion")

        def mark(record: records_pb2.VideoJobRecord) -> None:
            record.announced_state = job.state

        await self._book.change(job.id, mark)
