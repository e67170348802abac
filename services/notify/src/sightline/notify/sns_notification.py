"""A job's end in the form in which Amazon SNS posts to an HTTPS endpoint: a notification, and its headers.

What of SNS is not there: `Signature`, `SignatureVersion` and `SigningCertURL`, as only Amazon can sign so, and
`UnsubscribeURL`, as nobody has subscribed: the administrator has said where it goes. It is signed as our other webhooks
are.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.v1 import video_job_service_pb2 as pb

_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""RFC 9562's, of URLs."""


def message_id(completion: pb.VideoJobCompletion) -> str:
    """Of its notification: the same for each attempt, and another for every job."""
    return str(uuid.uuid5(_NAMESPACE, f"{completion.topic_arn}/{completion.job_id}"))


def headers_of(completion: pb.VideoJobCompletion) -> dict[str, str]:
    """As SNS has them, but for the signature."""
    return {
        "content-type": "text/plain; charset=UTF-8",
        "user-agent": "sightline",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": message_id(completion),
        "x-amz-sns-topic-arn": completion.topic_arn,
    }


def body_of(completion: pb.VideoJobCompletion) -> bytes:
    """JSON, in which `Message` is JSON as text."""
    time = completion.time.ToDatetime(UTC)
    said = {
        "Type": "Notification",
        "MessageId": message_id(completion),
        "TopicArn": completion.topic_arn,
        "Message": completion.message,
        "Timestamp": f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z",
    }
    return json.dumps(said).encode()
