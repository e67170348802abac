"""VideoJobService: protobuf outside, the use cases inside, and a record of who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.principal import current_principal, current_reach
from sightline.v1 import video_job_service_pb2 as pb
from sightline.v1 import video_job_service_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.audit import Auditor
    from sightline.ingest.job_desk import JobDesk
    from sightline.ingest.job_faces import JobFaces
    from sightline.ingest.job_results import JobResults


class VideoJobServicer(video_job_service_pb2_grpc.VideoJobServiceServicer):
    """Serves VideoJobService; see the contract for each call."""

    def __init__(self, desk: JobDesk, results: JobResults, faces: JobFaces, auditor: Auditor) -> None:
        self._desk = desk
        self._results = results
        self._faces = faces
        self._auditor = auditor

    async def UploadVideo(self, requests: AsyncIterator[pb.UploadVideoRequest], _: Any) -> pb.UploadVideoResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("video_jobs.upload", "upload")) as audited:
            response = await self._desk.receive(request.chunk async for request in requests)
            audited.object_id, audited.detail = response.upload_id, f"{response.size_bytes} bytes"
        return response

    async def StartVideoJob(self, request: pb.StartVideoJobRequest, _: Any) -> pb.StartVideoJobResponse:
        """See the contract."""
        what = Audited("video_jobs.start", "video_job", "", request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            job = await self._desk.start(request, current_principal().subject)
            what.object_id, what.detail = job.id, f"watchlists {', '.join(job.watchlist_ids)}"
        return pb.StartVideoJobResponse(job=job)

    async def StartVideoDetection(
        self, request: pb.StartVideoDetectionRequest, _: Any
    ) -> pb.StartVideoDetectionResponse:
        """See the contract."""
        what = Audited("video_jobs.start_detection", "video_job", "", request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            job = await self._desk.start(request, current_principal().subject)
            what.object_id = job.id
        return pb.StartVideoDetectionResponse(job=job)

    async def GetVideoJob(self, request: pb.GetVideoJobRequest, _: Any) -> pb.GetVideoJobResponse:
        """See the contract."""
        return pb.GetVideoJobResponse(job=await self._desk.get(request.job_id))

    async def ListVideoJobs(self, request: pb.ListVideoJobsRequest, _: Any) -> pb.ListVideoJobsResponse:
        """See the contract."""
        jobs, token = await self._desk.page(request, current_reach().cameras)
        return pb.ListVideoJobsResponse(jobs=jobs, next_page_token=token)

    async def CancelVideoJob(self, request: pb.CancelVideoJobRequest, _: Any) -> pb.CancelVideoJobResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("video_jobs.cancel", "video_job", request.job_id)):
            job = await self._desk.cancel(request.job_id)
        return pb.CancelVideoJobResponse(job=job)

    async def DeleteVideoJob(self, request: pb.DeleteVideoJobRequest, _: Any) -> pb.DeleteVideoJobResponse:
        """See the contract."""
        what = Audited("video_jobs.delete", "video_job", request.job_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            await self._desk.delete(request.job_id)
        return pb.DeleteVideoJobResponse()

    async def GetVideoJobResults(self, request: pb.GetVideoJobResultsRequest, _: Any) -> pb.GetVideoJobResultsResponse:
        """See the contract."""
        what = Audited("video_jobs.results", "video_job", request.job_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            job = await self._desk.get(request.job_id)
            page = await self._results.page(job, request, current_reach().watchlists_at(job.id))
            what.detail = f"{len(page.persons)} persons"
        return page

    async def ListVideoJobFaces(self, request: pb.ListVideoJobFacesRequest, _: Any) -> pb.ListVideoJobFacesResponse:
        """See the contract."""
        what = Audited("video_jobs.faces", "video_job", request.job_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            page = await self._faces.page(await self._desk.get(request.job_id), request)
            what.detail = f"{len(page.faces)} faces"
        return page
