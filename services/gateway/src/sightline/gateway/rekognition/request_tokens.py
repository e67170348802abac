"""Client request tokens: the same call again has the same answer, and is done once."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from sightline.chassis.errors import AlreadyExists
from sightline.chassis.ids import derived_id
from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sightline.gateway.rekognition.call import Answer, Call, Parameters

_SERVER_ERROR = 500


async def once(call: Call, operation: str, parameters: Parameters, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Does the work, or gives what it answered to the same access key with the same token, within a day.

    Args:
        call: of whoever calls.
        operation: its name; tokens of different operations have nothing to do with each other.
        parameters: as JSON has them; those of the token's first call have to be the same.
        work: gives an answer that JSON can hold.

    Raises:
        AwsError: IdempotentParameterMismatchException; ThrottlingException, the first call has not ended.
    """
    token = parameters.get("ClientRequestToken")
    if token is None:
        return await work()
    key = derived_id("client request token", call.signer.access_key_id, operation, token)
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
    try:
        await call.tokens.create(key, {"digest": digest})
    except AlreadyExists:
        return await _earlier(call, key, digest, token)
    try:
        answer = await work()
    except BaseException:
        # It was not done: it may be tried again.
        await call.tokens.delete(key)
        raise
    if begun := await call.tokens.get(key):
        await call.tokens.replace(key, {"digest": digest, "answer": answer}, begun.revision)
    return answer


async def _earlier(call: Call, key: str, digest: str, token: str) -> Answer:
    known = await call.tokens.get(key)
    if known and known.content["digest"] != digest:
        raise AwsError(
            "IdempotentParameterMismatchException",
            f"The ClientRequestToken: {token} you have supplied is already in use.",
        )
    with suppress(KeyError):
        if known:
            answer: Answer = known.content["answer"]
            return answer
    raise AwsError("ThrottlingException", "The first call with this ClientRequestToken goes on.", _SERVER_ERROR)
