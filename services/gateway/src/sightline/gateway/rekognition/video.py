"""Stored video: looks in it for the people of a collection, or for faces, whosever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition.face_shapes import detail
from sightline.gateway.rekognition.known_collections import watchlist
from sightline.gateway.rekognition.matched_faces import MatchedFaces
from sightline.gateway.rekognition.page_tokens import start_of, token
from sightline.gateway.rekognition.request_tokens import once
from sightline.gateway.rekognition.services import ask, reasons
from sightline.gateway.rekognition.video_jobs import (
    MOST_RESULTS,
    THRESHOLD,
    job_of,
    notice_of,
    said_of,
    start,
    wanted_of,
)
from sightline.gateway.rekognition.video_object import url_of
from sightline.gateway.rekognition.video_results import milliseconds, person_matches
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters
    from sightline.gateway.rekognition.request_tokens import Attempt
    from sightline.gateway.rekognition.video_jobs import Wanted

_PAGE = 1000


async def start_face_search(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's StartFaceSearch."""
    url = url_of(parameters["Video"])
    told = notice_of("StartFaceSearch", parameters)

    async def work(attempt: Attempt) -> Answer:
        watchlist_id = (await watchlist(call, parameters["CollectionId"])).id
        request = pb.StartVideoJobRequest(
            source_url=url,
            watchlist_ids=[watchlist_id],
            notice=told,
            request_id=attempt.request_id,
            **reasons(call),
        )
        threshold = parameters.get("FaceMatchThreshold", THRESHOLD)
        return await start(call, "StartVideoJob", request, parameters, threshold=threshold, watchlist=watchlist_id)

    return await once(call, "StartFaceSearch", parameters, work)


async def get_face_search(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's GetFaceSearch."""
    job = await job_of(call, parameters["JobId"], pb.VIDEO_JOB_KIND_SEARCH)
    wanted, order = await wanted_of(call, job), parameters.get("SortBy", "TIMESTAMP")
    answer = said_of(job, wanted)
    if job.state != pb.VIDEO_JOB_STATE_DONE:
        return answer | {"Persons": []}
    matches = await _matches(call, job.id, wanted, order)
    first = start_of(parameters.get("NextToken"), job.id, order)
    end = first + _most(parameters)
    answer["Persons"] = matches[first:end]
    if end < len(matches):
        answer["NextToken"] = token(end, job.id, order)
    return answer


async def start_face_detection(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's StartFaceDetection. Whatever FaceAttributes says: what is measured is always answered."""
    url = url_of(parameters["Video"])
    told = notice_of("StartFaceDetection", parameters)

    async def work(attempt: Attempt) -> Answer:
        request_id = attempt.request_id
        request = pb.StartVideoDetectionRequest(source_url=url, notice=told, request_id=request_id, **reasons(call))
        return await start(call, "StartVideoDetection", request, parameters)

    return await once(call, "StartFaceDetection", parameters, work)


async def get_face_detection(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's GetFaceDetection."""
    job = await job_of(call, parameters["JobId"], pb.VIDEO_JOB_KIND_DETECTION)
    answer = said_of(job, await wanted_of(call, job))
    if job.state != pb.VIDEO_JOB_STATE_DONE:
        return answer | {"Faces": []}
    request = pb.ListVideoJobFacesRequest(
        job_id=job.id, page_size=_most(parameters), page_token=parameters.get("NextToken", ""), **reasons(call)
    )
    page: pb.ListVideoJobFacesResponse = await ask(call, "VideoJobService.ListVideoJobFaces", request)
    answer["Faces"] = [
        {"Timestamp": milliseconds(each.media_seconds), "Face": detail(each.face)} for each in page.faces
    ]
    if page.next_page_token:
        answer["NextToken"] = page.next_page_token
    return answer


def _most(parameters: Parameters) -> int:
    """Results that a page may have."""
    asked: int = parameters.get("MaxResults", MOST_RESULTS)
    return min(asked, MOST_RESULTS)


async def _persons(call: Call, job_id: str, wanted: Wanted) -> list[pb.VideoPerson]:
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


async def _matches(call: Call, job_id: str, wanted: Wanted, order: str) -> list[Answer]:
    persons = await _persons(call, job_id, wanted)
    faces = await MatchedFaces.of(call, wanted.watchlist, (each.person.face_id for each in persons))
    return person_matches(persons, faces, order)


VIDEO: dict[str, Operation] = {
    "StartFaceDetection": start_face_detection,
    "GetFaceDetection": get_face_detection,
    "StartFaceSearch": start_face_search,
    "GetFaceSearch": get_face_search,
}
