"""Ends of Rekognition's jobs, posted in SNS's form to a real receiver."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from sightline.chassis.errors import Unavailable
from sightline.chassis.ids import new_id
from sightline.chassis.topology import job_completions
from sightline.chassis.worker import MAX_ERRORS
from sightline.v1 import dead_letter_service_pb2 as letters_pb
from sightline.v1 import video_job_service_pb2 as pb

SECRETS = [f"whsec_{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2)]
TOPIC = "arn:aws:sns:us-east-1:000000000000:videos-done"
ENDED = datetime(2026, 11, 29, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def posting(told, receiver, tmp_path_factory):
    """A function that starts a replica which posts the topic `videos-done` to the receiver."""
    secrets = tmp_path_factory.mktemp("sns") / "secrets"
    secrets.write_text("\n".join(SECRETS))
    secrets.chmod(0o600)

    async def start(**settings):
        return await told(sns_topics={"videos-done": receiver.url}, sns_secret_file=secrets, **settings)

    return start


async def say(bus, topic=TOPIC, ended=ENDED):
    """As ingest does; gives the job."""
    job = new_id()
    completion = pb.VideoJobCompletion(job_id=job, topic_arn=topic, message=json.dumps({"JobId": job}))
    completion.time.FromDatetime(ended)
    await bus.publish(job_completions("done", job), completion, dedup_id=job)
    return job


async def letters(replica):
    """What was given up."""
    return list((await replica.call("ListDeadLetters", letters_pb.ListDeadLettersRequest())).letters)


async def test_a_notification_has_the_form_of_sns_and_our_signature(bus, posting, receiver, until):
    """Its members and headers are SNS's; both secrets of the file verify it, and no other; other topics go nowhere."""
    await say(bus, "arn:aws:sns:us-east-1:000000000000:others")
    job = await say(bus)
    await posting()
    await until(lambda: _taken(receiver, 1))
    [taken] = receiver.taken
    assert taken.json == {
        "Type": "Notification",
        "MessageId": taken.headers["x-amz-sns-message-id"],
        "TopicArn": TOPIC,
        "Message": json.dumps({"JobId": job}),
        "Timestamp": "2026-11-29T12:00:00.250Z",
    }
    assert taken.headers["x-amz-sns-message-type"] == "Notification"
    assert taken.headers["x-amz-sns-topic-arn"] == TOPIC
    assert taken.headers["content-type"] == "text/plain; charset=UTF-8"
    for secret in SECRETS:
        taken.verify(secret)
    with pytest.raises(WebhookVerificationError):
        taken.verify(f"whsec_{base64.b64encode(bytes(32)).decode()}")


async def test_a_receiver_that_fails_is_asked_again_for_longer_than_other_stages(bus, posting, receiver, until):
    """More often than anything else is tried, always under the same id; once it was taken it comes no more."""
    fails = MAX_ERRORS + 2
    receiver.answer = lambda _: (503 if len(receiver.taken) < fails else 200, {})
    await say(bus, ended=datetime.now(UTC))
    replica = await posting(delivery_retry_seconds=0.001)
    await until(lambda: _taken(receiver, fails + 1))
    assert [taken.status for taken in receiver.taken] == [503] * fails + [200]
    assert len({taken.headers["webhook-id"] for taken in receiver.taken}) == 1
    assert await letters(replica) == []


async def test_what_is_given_up_is_a_dead_letter_that_can_be_tried_again(bus, posting, receiver, until):
    """A receiver that is gone for good gets one post, one that fails half a day after the job's end its last one."""
    receiver.status(410)
    replica = await posting(delivery_retry_seconds=0.001)
    await say(bus)
    await until(lambda: _buried(replica, 1))
    assert [taken.status for taken in receiver.taken] == [410]
    receiver.status(503)
    await say(bus, ended=datetime.now(UTC) - timedelta(hours=13))
    await until(lambda: _buried(replica, 2))
    assert [taken.status for taken in receiver.taken] == [410, 503, 503]
    gone, late = await letters(replica)
    assert (gone.letter.reason, late.letter.reason) == ("WEBHOOK_GONE", "WEBHOOK_REFUSED")
    retry = letters_pb.RetryDeadLetterRequest(number=late.number)
    with pytest.raises(Unavailable, match="WEBHOOK_REFUSED"):
        await replica.call("RetryDeadLetter", retry)
    receiver.status(200)
    await replica.call("RetryDeadLetter", retry)
    assert [each.number for each in await letters(replica)] == [gone.number]


async def _buried(replica, number):
    return len(await letters(replica)) == number


async def _taken(receiver, number):
    return len(receiver.taken) >= number
