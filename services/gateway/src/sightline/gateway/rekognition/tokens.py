"""ClientRequestTokens: a call that is repeated with its token is done once, and answered alike."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import AlreadyExists
from sightline.chassis.ids import derived_id
from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sightline.gateway.rekognition.call import Answer, Call, Parameters

TOKEN = "ClientRequestToken"  # noqa: S105 - the name of a member


async def once(call: Call, operation: str, parameters: Parameters, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Does the work, unless the caller's token says that it is done; then its answer again.

    Where whoever did it was interrupted, it is done again; where it failed, the token is free again.

    Raises:
        AwsError: IdempotentParameterMismatchException, the token came with something else; ThrottlingException, it is
            being done at this moment.
    """
    token = parameters.get(TOKEN)
    if token is None:
        return await work()
    key = f"token.{derived_id(call.signer.access_key_id, token)}"
    digest = _digest(operation, parameters)
    document = await call.tokens.get(key)
    if document is not None:
        return await _again(document.content, digest, str(token), work)
    try:
        await call.tokens.create(key, {"digest": digest})
    except AlreadyExists as error:
        raise AwsError("ThrottlingException", "A request with this ClientRequestToken is being served.") from error
    try:
        answer = await work()
    except Exception:
        await call.tokens.delete(key)
        raise
    if (document := await call.tokens.get(key)) is not None:
        await call.tokens.replace(key, {"digest": digest, "answer": answer}, document.revision)
    return answer


async def _again(content: dict[str, Any], digest: str, token: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
    if content["digest"] != digest:
        message = f"The ClientRequestToken: {token} you have supplied is already in use."
        raise AwsError("IdempotentParameterMismatchException", message)
    answer: Answer | None = content.get("answer")
    return await work() if answer is None else answer


def _digest(operation: str, parameters: Parameters) -> str:
    asked = {name: value for name, value in parameters.items() if name != TOKEN}
    return hashlib.sha256(json.dumps([operation, asked], sort_keys=True).encode()).hexdigest()
