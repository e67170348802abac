"""Jobs on stored video, whatever they look for: how they are started, and what is said of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import AlreadyExists, SightlineError
from sightline.chassis.ids import is_id
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.services import ask, found
from sightline.gateway.rekognition.video_object import invalid_object, video_of
from sightline.gateway.rekognition.video_results import status_of
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from sightline.gateway.rekognition.call import Answer, Call, Parameters

THRESHOLD = 80.0
MOST_RESULTS = 1000


@dataclass(frozen=True)
class Wanted:
    """What a job was started with, beside what the job itself knows."""

    video: Parameters
    threshold: float = THRESHOLD
    tag: str = ""
    watchlist: str = ""


def notice_of(api: str, parameters: Parameters) -> pb.VideoJobNotice | None:
    """Who is to be told of the end of the job that an operation starts; a RoleArn has no meaning here."""
    channel = parameters.get("NotificationChannel")
    if channel is None:
        return None
    place = parameters["Video"]["S3Object"]
    return pb.VideoJobNotice(
        topic_arn=channel["SNSTopicArn"],
        api=api,
        job_tag=parameters.get("JobTag", ""),
        bucket=place["Bucket"],
        object_name=place["Name"],
    )


async def start(call: Call, rpc: str, request: Message, parameters: Parameters, **wanted: object) -> Answer:
    """Starts a job, and keeps what it was started with.

    Args:
        call: of whoever wants it.
        rpc: of the VideoJobService.
        request: for it.
        parameters: of the operation.
        wanted: what else of them is needed when results are asked for: see Wanted.

    Raises:
        AwsError: InvalidS3ObjectException.
        SightlineError: what else ingest says.
    """
    try:
        job = (await ask(call, f"VideoJobService.{rpc}", request)).job
    except SightlineError as error:
        if _is_about_the_object(error):
            raise invalid_object(f"Unable to get object metadata from S3. {error.message}") from error
        raise
    kept = {"video": parameters["Video"], "tag": parameters.get("JobTag", ""), **wanted}
    with suppress(AlreadyExists):  # an earlier attempt with the same token has started it
        await call.jobs.create(job.id, kept)
    return {"JobId": job.id}


async def job_of(call: Call, job_id: str, kind: pb.VideoJobKind) -> pb.VideoJob:
    """The job, if it is one of that kind. Raises AwsError ResourceNotFoundException."""
    request = pb.GetVideoJobRequest(job_id=job_id)
    answer = await found(ask(call, "VideoJobService.GetVideoJob", request)) if is_id(job_id) else None
    if answer is None or (answer.job.kind or pb.VIDEO_JOB_KIND_SEARCH) != kind:
        raise AwsError("ResourceNotFoundException", "Could not find JobId")
    job: pb.VideoJob = answer.job
    return job


async def wanted_of(call: Call, job: pb.VideoJob) -> Wanted:
    """What it was started with; jobs that others have started, as with `sightline video`, have the defaults."""
    stored = await call.jobs.get(job.id)
    if stored is None:
        return Wanted(video_of(job.source_url, job.name), watchlist=next(iter(job.watchlist_ids), ""))
    return Wanted(**stored.content)


def said_of(job: pb.VideoJob, wanted: Wanted) -> Answer:
    """What every answer about a job has: its state, its video and its tag."""
    answer = status_of(job) | {"Video": wanted.video}
    if wanted.tag:
        answer["JobTag"] = wanted.tag
    return answer


def _is_about_the_object(error: SightlineError) -> bool:
    return error.reason.startswith(("SOURCE_", "S3_")) or error.reason == "JOB_NO_FILE"
