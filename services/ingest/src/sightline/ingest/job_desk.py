"""The use case: jobs are started, listed, cancelled and deleted."""

from __future__ import annotations

import asyncio
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import unquote, urlsplit

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, InvalidInput, NotFound, request_id_used
from sightline.chassis.ids import requested_id
from sightline.chassis.object_store import SCHEME
from sightline.chassis.pages import from_token, page_size, to_token
from sightline.ingest.jobs import end_job
from sightline.ingest.source import admit
from sightline.ingest.uploads import KEEP_S
from sightline.v1 import records_pb2
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.identity.rights import Selection
    from sightline.chassis.object_store import ObjectStore
    from sightline.ingest.job_erasure import JobErasure
    from sightline.ingest.jobs import JobBook, StoredJob
    from sightline.ingest.source import SourceRules
    from sightline.ingest.uploads import Uploads


Asked: TypeAlias = "pb.StartVideoJobRequest | pb.StartVideoDetectionRequest"


_ASKED = (
    *("source_url", "upload_id", "watchlist_ids", "sample_fps", "min_face_px", "detection_profile", "kind"),
    *("purpose", "case_reference", "notice"),
)
"""What a job has of the request that started it, beside its name."""


class Running(Protocol):
    """The process's own readings."""

    def wake(self) -> None:
        """Look at the records now."""

    def progress(self, job_id: str) -> pb.VideoJobProgress | None:
        """The present progress of a job that is read here."""


class JobDesk:
    """What can be done with jobs."""

    def __init__(
        self,
        book: JobBook,
        running: Running,
        rules: SourceRules,
        store: ObjectStore,
        uploads: Uploads,
        erasure: JobErasure,
    ) -> None:
        self._book = book
        self._running = running
        self._rules = rules
        self._store = store
        self._uploads = uploads
        self._erasure = erasure
        self._starting = asyncio.Lock()

    async def receive(self, chunks: AsyncIterator[bytes]) -> pb.UploadVideoResponse:
        """Store a video. Raises as `Uploads.receive`."""
        upload_id, size = await self._uploads.receive(chunks)
        response = pb.UploadVideoResponse(upload_id=upload_id, size_bytes=size)
        response.expire_time.FromSeconds(int(time.time() + KEEP_S))
        return response

    async def start(self, asked: Asked, subject: str) -> pb.VideoJob:
        """Queue a job for somebody; the one that there is, where they have started it with this request id.

        Raises:
            AlreadyExists: REQUEST_ID_USED.
            InvalidInput: as `admit`, and JOB_NO_FILE where the source is no stored video.
            SightlineError: as `ObjectStore.admit`.
            NotFound: UPLOAD_NOT_FOUND.
            FailedPrecondition: UPLOAD_USED, a job has it already.
        """
        job = _new_job(asked, requested_id("video job", subject, asked.request_id))
        if asked.request_id and (started := await self._started(job)):
            return started
        try:
            await self._add(job)
        except AlreadyExists as error:  # at this moment, by a call with the same request id
            if started := await self._started(job):
                return started
            raise request_id_used() from error
        self._running.wake()
        return job

    async def get(self, job_id: str) -> pb.VideoJob:
        """One job. Raises NotFound JOB_NOT_FOUND."""
        return self._shown(await self._book.get(job_id))

    async def page(self, asked: pb.ListVideoJobsRequest, chosen: Selection) -> tuple[list[pb.VideoJob], str]:
        """Those of the chosen jobs that were asked for, the newest first, and the token of the next page.

        Raises:
            InvalidInput: PAGE_TOKEN_INVALID.
        """
        before, size = from_token(asked.page_token), page_size(asked.page_size)
        jobs = [
            stored
            for stored in reversed(await self._book.all())
            if stored.job.id in chosen
            and asked.state in (pb.VIDEO_JOB_STATE_UNSPECIFIED, stored.job.state)
            and (not before or _key(stored) < before)
        ]
        token = to_token(_key(jobs[size - 1])) if len(jobs) > size else ""
        return [self._shown(stored) for stored in jobs[:size]], token

    async def cancel(self, job_id: str) -> pb.VideoJob:
        """Stop a job; one that has ended stays as it is. Raises NotFound JOB_NOT_FOUND."""
        present = self._running.progress(job_id)

        def cancel(record: records_pb2.VideoJobRecord) -> None:
            if present and record.job.state == pb.VIDEO_JOB_STATE_RUNNING:
                _copy_progress(record.job, present)
            end_job(record.job, pb.VIDEO_JOB_STATE_CANCELLED)

        stored = await self._book.change(job_id, cancel)
        self._uploads.delete(stored.job.upload_id, job_id)
        self._running.wake()
        return stored.job

    async def delete(self, job_id: str) -> None:
        """Stop and forget a job, with what was found. Raises as `JobErasure.delete`."""
        stored = await self._book.get(job_id)
        await self._erasure.delete(job_id)
        self._uploads.delete(stored.job.upload_id, job_id)
        self._running.wake()

    async def _add(self, job: pb.VideoJob) -> None:
        if job.upload_id:
            # Whoever has the file starts its job: two at once would both find that nobody has it.
            async with self._starting:
                await self._check_upload(job.upload_id)
                await self._book.add(records_pb2.VideoJobRecord(job=job))
        else:
            path = await self._check_source(job.source_url)
            job.name = job.name or PurePosixPath(path).name
            await self._book.add(records_pb2.VideoJobRecord(job=job))

    async def _started(self, job: pb.VideoJob) -> pb.VideoJob | None:
        """The job with that id; None: there is none. Raises AlreadyExists REQUEST_ID_USED, it is another one."""
        try:
            known = await self.get(job.id)
        except NotFound:
            return None
        if any(getattr(known, name) != getattr(job, name) for name in _ASKED) or job.name not in {"", known.name}:
            raise request_id_used()
        return known

    async def _check_source(self, url: str) -> str:
        """Its path."""
        if url.startswith(SCHEME):
            return self._store.admit(url).key
        source = await admit(url, self._rules)
        if source.live:
            raise InvalidInput("JOB_NO_FILE", "A job reads a stored video: give a file: or s3: URL, or watch a camera.")
        return unquote(urlsplit(url).path)

    async def _check_upload(self, upload_id: str) -> None:
        self._uploads.find(upload_id)
        if any(stored.job.upload_id == upload_id for stored in await self._book.all()):
            raise FailedPrecondition("UPLOAD_USED", "A job has that upload already: send the video again.")

    def _shown(self, stored: StoredJob) -> pb.VideoJob:
        present = self._running.progress(stored.job.id)
        if present and stored.job.state == pb.VIDEO_JOB_STATE_RUNNING:
            _copy_progress(stored.job, present)
        return stored.job


def _new_job(asked: Asked, job_id: str) -> pb.VideoJob:
    watchlists = asked.watchlist_ids if isinstance(asked, pb.StartVideoJobRequest) else ()
    job = pb.VideoJob(
        id=job_id,
        name=asked.name,
        source_url=asked.source_url,
        upload_id=asked.upload_id,
        watchlist_ids=watchlists,
        sample_fps=asked.sample_fps,
        min_face_px=asked.min_face_px,
        detection_profile=asked.detection_profile,
        purpose=asked.purpose,
        case_reference=asked.case_reference,
        state=pb.VIDEO_JOB_STATE_QUEUED,
        notice=asked.notice if asked.HasField("notice") else None,
        kind=pb.VIDEO_JOB_KIND_SEARCH if watchlists else pb.VIDEO_JOB_KIND_DETECTION,
    )
    job.create_time.FromNanoseconds(time.time_ns())
    return job


def _key(stored: StoredJob) -> str:
    return f"{stored.job.create_time.ToNanoseconds():020d}.{stored.job.id}"


def _copy_progress(job: pb.VideoJob, present: pb.VideoJobProgress) -> None:
    resumptions = job.progress.resumptions
    job.progress.CopyFrom(present)
    job.progress.resumptions = resumptions
