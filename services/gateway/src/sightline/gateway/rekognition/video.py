"""Stored video: looks in it for the people of a collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from sightline.chassis.errors import NotFound
from sightline.chassis.ids import is_id
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.page_tokens import start_of, token
from sightline.gateway.rekognition.request_tokens import once
from sightline.gateway.rekognition.video_object import invalid_object, url_of
from sightline.gateway.rekognition.video_results import person_matches, status_of
from sightline.gateway.upstream import error_of
from sightline.v1 import video_job_service_pb2 as pb
from sightline.v1.gallery_service_pb2 import GetWatchlistRequest
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.video_job_service_pb2_grpc import VideoJobServiceStub

if TYPE_CHECKING:
    from sightline.chassis.errors import SightlineError
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

SERVICE = "sightline.v1.VideoJobService"
GALLERY = "sightline.v1.GalleryService"
THRESHOLD = 80.0
MOST_RESULTS = 1000
_PAGE = 1000
_NO_DETECTION = (
    "Face detection over stored video is not served: Sightline keeps nothing of faces in a video that resemble nobody "
    "who is enrolled. StartFaceSearch finds the people of a collection."
)
_NO_TOPIC = (
    "Request has invalid parameters: NotificationChannel is not served, as there is no SNS. That a job has ended is "
    "said on the NATS subject sightline.events.job.done.<JobId> (or failed, cancelled), and by GetFaceSearch."
)


@dataclass(frozen=True)
class _Wanted:
    """What a job was started with, beside what the job itself knows."""

    video: Parameters
    threshold: float = THRESHOLD
    tag: str = ""
    watchlist: str = ""


async def start_face_search(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's StartFaceSearch."""
    url = url_of(parameters["Video"])
    if "NotificationChannel" in parameters:
        raise AwsError("InvalidParameterException", _NO_TOPIC)

    async def work() -> Answer:
        watchlist = await watchlist_of(call, parameters["CollectionId"])
        job = await _started(call, url, watchlist)
        wanted = {
            "video": parameters["Video"],
            "threshold": parameters.get("FaceMatchThreshold", THRESHOLD),
            "tag": parameters.get("JobTag", ""),
            "watchlist": watchlist,
        }
        await call.shelf.create(_key(job.id), wanted)
        return {"JobId": job.id}

    return await once(call, "StartFaceSearch", parameters, work)


async def get_face_search(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's GetFaceSearch."""
    job, order = await _job(call, parameters["JobId"]), parameters.get("SortBy", "TIMESTAMP")
    wanted = await _wanted(call, job)
    answer = status_of(job) | {"Video": wanted.video}
    if wanted.tag:
        answer["JobTag"] = wanted.tag
    if job.state != pb.VIDEO_JOB_STATE_DONE:
        return answer
    matches = person_matches(await _persons(call, job.id, wanted), order)
    start = start_of(parameters.get("NextToken"), job.id, order)
    end = start + min(parameters.get("MaxResults", MOST_RESULTS), MOST_RESULTS)
    answer["Persons"] = matches[start:end]
    if end < len(matches):
        answer["NextToken"] = token(end, job.id, order)
    return answer


async def no_face_detection(_: Call, __: Parameters) -> Answer:
    """Says why there is no StartFaceDetection."""
    raise AwsError("AccessDeniedException", _NO_DETECTION)


async def no_face_detection_job(_: Call, __: Parameters) -> Answer:
    """Says why there are no jobs of GetFaceDetection."""
    raise AwsError("ResourceNotFoundException", f"Could not find JobId. {_NO_DETECTION}")


async def watchlist_of(call: Call, collection_id: str) -> str:
    """The id of the watchlist that is the collection. Raises grpc.aio.AioRpcError."""
    gallery = call.upstream.stub(GALLERY, GalleryServiceStub)
    request = GetWatchlistRequest(watchlist=collection_id)
    answer = await gallery.GetWatchlist(request, timeout=call.upstream.timeout)
    return str(answer.watchlist.id)


async def _started(call: Call, url: str, watchlist: str) -> pb.VideoJob:
    request = pb.StartVideoJobRequest(
        source_url=url,
        watchlist_ids=[watchlist],
        purpose=call.signer.purpose,
        case_reference=call.signer.case_reference,
    )
    jobs = call.upstream.stub(SERVICE, VideoJobServiceStub)
    try:
        answer: pb.StartVideoJobResponse = await jobs.StartVideoJob(request, timeout=call.upstream.timeout)
    except grpc.aio.AioRpcError as error:
        ours = error_of(error, SERVICE)
        if _is_about_the_object(ours):
            raise invalid_object(f"Unable to get object metadata from S3. {ours.message}") from error
        raise
    return answer.job


def _is_about_the_object(error: SightlineError) -> bool:
    return error.reason.startswith(("SOURCE_", "S3_")) or error.reason == "JOB_NO_FILE"


async def _job(call: Call, job_id: str) -> pb.VideoJob:
    missing = AwsError("ResourceNotFoundException", "Could not find JobId")
    if not is_id(job_id):
        raise missing
    jobs = call.upstream.stub(SERVICE, VideoJobServiceStub)
    try:
        answer = await jobs.GetVideoJob(pb.GetVideoJobRequest(job_id=job_id), timeout=call.upstream.timeout)
    except grpc.aio.AioRpcError as error:
        if isinstance(error_of(error, SERVICE), NotFound):
            raise missing from error
        raise
    job: pb.VideoJob = answer.job
    return job


async def _wanted(call: Call, job: pb.VideoJob) -> _Wanted:
    """Jobs that others have started, with `sightline video`, have the defaults."""
    stored = await call.shelf.get(_key(job.id))
    if stored is None:
        return _Wanted({"S3Object": {"Name": job.source_url or job.name}})
    return _Wanted(**stored.content)


async def _persons(call: Call, job_id: str, wanted: _Wanted) -> list[pb.VideoPerson]:
    jobs, found = call.upstream.stub(SERVICE, VideoJobServiceStub), list[pb.VideoPerson]()
    request = pb.GetVideoJobResultsRequest(
        job_id=job_id,
        watchlist_id=wanted.watchlist,
        min_similarity=wanted.threshold,
        page_size=_PAGE,
        purpose=call.signer.purpose,
        case_reference=call.signer.case_reference,
    )
    while True:
        page: pb.GetVideoJobResultsResponse = await jobs.GetVideoJobResults(request, timeout=call.upstream.timeout)
        found += page.persons
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def _key(job_id: str) -> str:
    return f"job.{job_id}"


VIDEO: dict[str, Operation] = {
    "StartFaceDetection": no_face_detection,
    "GetFaceDetection": no_face_detection_job,
    "StartFaceSearch": start_face_search,
    "GetFaceSearch": get_face_search,
}
