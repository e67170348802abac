"""Many requests to the broker at once: all on their way together, with one subscription for all of the answers."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from nats.js.errors import APIError, NoStreamResponseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nats.aio.msg import Msg

    from sightline.chassis.broker_client import BrokerClient

_STATUS, _NO_RESPONDERS = "Status", "503"


async def request_burst(
    client: BrokerClient, requests: Sequence[tuple[str, bytes]], headers: Mapping[str, str] | None, seconds: float
) -> list[bytes]:
    """Sends the requests, pairs of subject and body, and returns the bodies of their answers in the same order.

    Of requests that are made one by one, each costs a task, a timer and an inbox; here that is shared.

    Args:
        client: of the broker.
        requests: some hundred at most.
        headers: of each of them.
        seconds: in which all have to be answered.

    Raises:
        TimeoutError: not all were answered; what was asked may have happened all the same.
        NoStreamResponseError: nobody takes requests of one of these subjects.
        PermissionDenied: BROKER_DENIED, one of these subjects is not for us.
    """
    answers: dict[int, bytes] = {}
    complete = asyncio.get_running_loop().create_future()

    async def answered(message: Msg) -> None:
        answers[int(message.subject.rpartition(".")[2])] = message.data
        if complete.done():
            return
        if (message.headers or {}).get(_STATUS) == _NO_RESPONDERS:
            complete.set_exception(NoStreamResponseError())
        elif len(answers) == len(requests):
            complete.set_result(None)

    inbox = client.new_inbox()
    subscription = await client.subscribe(f"{inbox}.*", cb=answered)
    try:
        with client.denials.asking(*(subject for subject, _ in requests)):
            async with asyncio.timeout(seconds):
                for number, (subject, body) in enumerate(requests):
                    await client.publish(subject, body, reply=f"{inbox}.{number}", headers=dict(headers or {}) or None)
                if requests:
                    await complete
    finally:
        await subscription.unsubscribe()
    return [answers[number] for number in range(len(requests))]


async def publish_burst(
    client: BrokerClient, messages: Sequence[tuple[str, bytes]], headers: Mapping[str, str] | None, seconds: float
) -> list[APIError | None]:
    """Publishes the messages to their streams: as `request_burst`, with each stream's acknowledgement.

    Returns:
        For each message the refusal, or None where the stream has it.
    """
    return [_refusal(answer) for answer in await request_burst(client, messages, headers, seconds)]


def _refusal(answer: bytes) -> APIError | None:
    error = json.loads(answer).get("error")
    return APIError(error.get("code"), error.get("description"), error.get("err_code")) if error else None
