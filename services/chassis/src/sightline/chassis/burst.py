"""Many messages for JetStream at once: all on their way together, with one subscription for all of the answers."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from nats.js.errors import APIError, NoStreamResponseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nats.aio.client import Client
    from nats.aio.msg import Msg

_STATUS, _NO_RESPONDERS = "Status", "503"


async def publish_burst(
    client: Client, messages: Sequence[tuple[str, bytes]], headers: Mapping[str, str], seconds: float
) -> list[APIError | None]:
    """Publishes the messages, pairs of subject and body, and returns once each is answered.

    Of messages that are published one by one, each costs a task, a timer and an inbox; here that is shared.

    Args:
        client: of the broker.
        messages: some hundred at most.
        headers: of each of them.
        seconds: in which all have to be answered.

    Returns:
        For each message the refusal, or None where the stream has it.

    Raises:
        TimeoutError: not all were answered; each message may be there all the same.
        NoStreamResponseError: there is no such stream.
    """
    answers: dict[int, APIError | None] = {}
    missing = asyncio.get_running_loop().create_future()

    async def answered(message: Msg) -> None:
        if (message.headers or {}).get(_STATUS) == _NO_RESPONDERS:
            if not missing.done():
                missing.set_exception(NoStreamResponseError())
            return
        answers[int(message.subject.rpartition(".")[2])] = _refusal(message)
        if len(answers) == len(messages) and not missing.done():
            missing.set_result(None)

    inbox = client.new_inbox()
    subscription = await client.subscribe(f"{inbox}.*", cb=answered)
    try:
        async with asyncio.timeout(seconds):
            for number, (subject, body) in enumerate(messages):
                await client.publish(subject, body, reply=f"{inbox}.{number}", headers=dict(headers))
            if messages:
                await missing
    finally:
        await subscription.unsubscribe()
    return [answers[number] for number in range(len(messages))]


def _refusal(message: Msg) -> APIError | None:
    error = json.loads(message.data).get("error")
    return APIError(error.get("code"), error.get("description"), error.get("err_code")) if error else None
