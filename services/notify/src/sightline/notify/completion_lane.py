"""Ends of jobs are posted to where the settings send their topics, for as long as it takes."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Unavailable, Verdict
from sightline.notify.sending import GONE
from sightline.notify.signatures import signed_headers
from sightline.notify.sns_notification import body_of, headers_of, message_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sightline.chassis.handling import Delivery
    from sightline.notify.backoff import Backoff
    from sightline.notify.completion_topics import CompletionTopics
    from sightline.notify.sending import Sent
    from sightline.notify.webhook_sender import WebhookSender
    from sightline.v1 import video_job_service_pb2 as pb

log = structlog.get_logger()


class CompletionLane:
    """Posts them.

    Args:
        topics: where to.
        webhooks: posts, and reaches no other address than webhooks may.
        backoff: when a failed post is tried again, and from when on not.
        clock: the present time, aware.
    """

    def __init__(
        self, topics: CompletionTopics, webhooks: WebhookSender, backoff: Backoff, clock: Callable[[], datetime]
    ) -> None:
        self._topics = topics
        self._webhooks = webhooks
        self._backoff = backoff
        self._clock = clock

    async def handle(self, completion: pb.VideoJobCompletion, delivery: Delivery) -> None:
        """Posts one, once; of a topic that the settings do not have nothing is posted.

        Raises:
            Unavailable: the receiver has not taken it; its verdict says whether it comes again, and when.
        """
        url = self._topics.url_of(completion.topic_arn)
        if url is None:
            return
        body = body_of(completion)
        signed = signed_headers(message_id(completion), body, self._topics.secrets, self._clock())
        sent = await self._webhooks.post(url, {**headers_of(completion), **signed}, body)
        log.info("completion_posted", job=completion.job_id, status=sent.status, reason=sent.reason)
        if not sent.delivered:
            raise self._failed(sent, completion, delivery)

    def _failed(self, sent: Sent, completion: pb.VideoJobCompletion, delivery: Delivery) -> Unavailable:
        error = Unavailable(sent.reason, sent.message)
        tried = delivery.deliveries > 1 and self._backoff.is_over(completion.time.ToDatetime(UTC), self._clock())
        if sent.reason == GONE or tried:
            error.verdict = Verdict.DEAD_LETTER
        else:
            error.verdict = Verdict.LATER
            error.retry_after = self._backoff.pause(delivery.deliveries, sent.retry_after)
        return error
