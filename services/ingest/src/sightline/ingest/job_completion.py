"""What is told of a job's end to whoever wanted to be told as by Rekognition."""

from __future__ import annotations

import json
from typing import Any

from sightline.v1 import video_job_service_pb2 as pb

_NS_OF_MS = 1_000_000


def completion_of(job: pb.VideoJob) -> pb.VideoJobCompletion:
    """Of a job that has ended, and has a notice: the same however often it is made."""
    notice = job.notice
    said: dict[str, Any] = {
        "JobId": job.id,
        "Status": "SUCCEEDED" if job.state == pb.VIDEO_JOB_STATE_DONE else "FAILED",
        "API": notice.api,
        **({"JobTag": notice.job_tag} if notice.job_tag else {}),
        "Timestamp": job.end_time.ToNanoseconds() // _NS_OF_MS,
        "Video": {"S3ObjectName": notice.object_name, "S3Bucket": notice.bucket},
    }
    message = json.dumps(said, separators=(",", ":"))
    return pb.VideoJobCompletion(job_id=job.id, topic_arn=notice.topic_arn, message=message, time=job.end_time)
