"""Calls that concern a job on a video."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, BinaryIO

from sightline.chassis.errors import InvalidInput
from sightline.cli.client import CALL_SECONDS
from sightline.v1 import video_job_service_pb2 as pb

LOOK_EVERY_S = 0.5
_CHUNK_BYTES = 1 << 20
_PAGE, _FACES_PAGE = 200, 1000


def size_bytes(path: Path) -> int:
    """Of a file. Raises InvalidInput VIDEO_FILE_MISSING."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise InvalidInput("VIDEO_FILE_MISSING", f"{path} cannot be read: {error.strerror}.") from error


async def upload(videos: Any, path: Path, told: Callable[[int], None]) -> str:
    """Send a file, and give the id of the upload; `told` hears of every piece's bytes.

    Raises:
        InvalidInput: VIDEO_FILE_MISSING.
    """
    try:
        with path.open("rb") as file:
            answer = await videos.UploadVideo(_pieces(file, told))
    except OSError as error:
        raise InvalidInput("VIDEO_FILE_MISSING", f"{path} cannot be read: {error.strerror}.") from error
    return str(answer.upload_id)


async def _pieces(file: BinaryIO, told: Callable[[int], None]) -> AsyncIterator[pb.UploadVideoRequest]:
    while piece := await asyncio.to_thread(file.read, _CHUNK_BYTES):
        yield pb.UploadVideoRequest(chunk=piece)
        told(len(piece))


async def until_ended(videos: Any, job_id: str, told: Callable[[pb.VideoJob], None]) -> pb.VideoJob:
    """Look at a job until it has ended; `told` hears of it each time."""
    request = pb.GetVideoJobRequest(job_id=job_id)
    while True:
        job: pb.VideoJob = (await videos.GetVideoJob(request, timeout=CALL_SECONDS)).job
        told(job)
        if job.HasField("end_time"):
            return job
        await asyncio.sleep(LOOK_EVERY_S)


async def results(videos: Any, request: pb.GetVideoJobResultsRequest) -> pb.GetVideoJobResultsResponse:
    """All pages of a job's results in one answer."""
    request.page_size = _PAGE
    whole: pb.GetVideoJobResultsResponse = await videos.GetVideoJobResults(request, timeout=CALL_SECONDS)
    while whole.next_page_token:
        request.page_token = whole.next_page_token
        page = await videos.GetVideoJobResults(request, timeout=CALL_SECONDS)
        whole.ClearField("next_page_token")
        whole.MergeFrom(page)
    return whole


async def face_pages(videos: Any, request: pb.ListVideoJobFacesRequest) -> AsyncIterator[pb.ListVideoJobFacesResponse]:
    """The pages of a detection's faces; one at least, which may have none."""
    request.page_size = _FACES_PAGE
    while True:
        page: pb.ListVideoJobFacesResponse = await videos.ListVideoJobFaces(request, timeout=CALL_SECONDS)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
