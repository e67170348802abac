"""Client request tokens: the same call again has the same answer, and is done once."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from sightline.chassis.errors import AlreadyExists, Conflict
from sightline.chassis.ids import derived_id
from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sightline.gateway.rekognition.call import Answer, Call, Parameters
    from sightline.gateway.shelf import Document, Shelf

LONGEST_SECONDS = 300.0
"""A call that has not ended by then never will: the process that did it has died. Repeated, it is done again."""
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
    known = await call.tokens.get(key)
    if known is not None:
        if known.content["digest"] != digest:
            raise _mismatch(token)
        if "answer" in known.content:
            earlier: Answer = known.content["answer"]
            return earlier
    revision = await _begin(call.tokens, key, digest, known)
    try:
        answer = await work()
    except BaseException:
        # It was not done: it may be tried again.
        await call.tokens.delete(key)
        raise
    with suppress(Conflict):  # whoever thought that this process had died writes the same
        await call.tokens.replace(key, {"digest": digest, "answer": answer}, revision)
    return answer


async def _begin(tokens: Shelf, key: str, digest: str, known: Document | None) -> int:
    """Marks the call as going on, for as long as it may take; gives the mark's revision."""
    now = time.time()
    mark = {"digest": digest, "until": now + LONGEST_SECONDS}
    try:
        if known is None:
            return await tokens.create(key, mark)
        if known.content["until"] < now:
            return await tokens.replace(key, mark, known.revision)
    except (AlreadyExists, Conflict):
        pass
    raise AwsError("ThrottlingException", "The first call with this ClientRequestToken goes on.", _SERVER_ERROR)


def _mismatch(token: str) -> AwsError:
    return AwsError(
        "IdempotentParameterMismatchException", f"The ClientRequestToken: {token} you have supplied is already in use."
    )
