"""Stored video: looks in it for the people of a collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import SightlineError
from sightline.chassis.ids import is_id
from sightline.gateway.rekognition.collections import watchlist
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.matched_faces import MatchedFaces
from sightline.gateway.rekognition.page_tokens import start_of, token
from sightline.gateway.rekognition.request_tokens import once
from sightline.gateway.rekognition.services import ask, found, reasons
from sightline.gateway.rekognition.video_object import invalid_object, url_of
from sightline.gateway.rekognition.video_results import person_matches, status_of
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

THRESHOLD = 80.0
MOST_RESULTS = 1000
_PAGE = 1000
_NO_DETECTION = (
    "Face detection over stored video is not served: Sightline keeps nothing of faces in a video that resemble nobody "
    "who is enrolled. StartFaceSearch finds the people of a collection."
)
_NO_TOPIC = (
    "Request has invalid parameters: NotificationChannel is not served, as there is no SNS. That a job has ended is "
    "said on the NATS subject sightline.events.job.done.<JobId> (or failed, cancelled), by GET "
    "/v1/video-jobs/<JobId>/events, and by GetFaceSearch."
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
        watchlist_id = (await watchlist(call, parameters["CollectionId"])).id
        job = await _started(call, url, watchlist_id)
        wanted = {
            "video": parameters["Video"],
            "threshold": parameters.get("FaceMatchThreshold", THRESHOLD),
            "tag": parameters.get("JobTag", ""),
            "watchlist": watchlist_id,
        }
        await call.jobs.create(job.id, wanted)
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
    matches = await _matches(call, job.id, wanted, order)
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


async def _started(call: Call, url: str, watchlist_id: str) -> pb.VideoJob:
    request = pb.StartVideoJobRequest(source_url=url, watchlist_ids=[watchlist_id], **reasons(call))
    try:
        answer: pb.StartVideoJobResponse = await ask(call, "VideoJobService.StartVideoJob", request)
    except SightlineError as error:
        if _is_about_the_object(error):
            raise invalid_object(f"Unable to get object metadata from S3. {error.message}") from error
        raise
    return answer.job


def _is_about_the_object(error: SightlineError) -> bool:
    return error.reason.startswith(("SOURCE_", "S3_")) or error.reason == "JOB_NO_FILE"


async def _job(call: Call, job_id: str) -> pb.VideoJob:
    request = pb.GetVideoJobRequest(job_id=job_id)
    answer = await found(ask(call, "VideoJobService.GetVideoJob", request)) if is_id(job_id) else None
    if answer is None:
        raise AwsError("ResourceNotFoundException", "Could not find JobId")
    job: pb.VideoJob = answer.job
    return job


async def _wanted(call: Call, job: pb.VideoJob) -> _Wanted:
    """Jobs that others have started, with `sightline video`, have the defaults."""
    stored = await call.jobs.get(job.id)
    if stored is None:
        return _Wanted({"S3Object": {"Name": job.source_url or job.name}}, watchlist=job.watchlist_ids[0])
    return _Wanted(**stored.content)


async def _persons(call: Call, job_id: str, wanted: _Wanted) -> list[pb.VideoPerson]:
    persons: list[pb.VideoPerson] = []
    request = pb.GetVideoJobResultsRequest(
        job_id=job_id,
        watchlist_id=wanted.watchlist,
        min_similarity=wanted.threshold,
        page_size=_PAGE,
        **reasons(call),
    )
    while True:
        page: pb.GetVideoJobResultsResponse = await ask(call, "VideoJobService.GetVideoJobResults", request)
        persons += page.persons
        if not page.next_page_token:
            return persons
        request.page_token = page.next_page_token


async def _matches(call: Call, job_id: str, wanted: _Wanted, order: str) -> list[Answer]:
    persons = await _persons(call, job_id, wanted)
    faces = await MatchedFaces.of(call, wanted.watchlist, (each.person.face_id for each in persons))
    return person_matches(persons, faces, order)


VIDEO: dict[str, Operation] = {
    "StartFaceDetection": no_face_detection,
    "GetFaceDetection": no_face_detection_job,
    "StartFaceSearch": start_face_search,
    "GetFaceSearch": get_face_search,
}
