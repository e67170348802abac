"""Client request tokens: the same call again has the same answer, and is done once, also where its answer was lost."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import AlreadyExists, Conflict, Internal, SightlineError, Unavailable
from sightline.chassis.ids import derived_id, new_id
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.shelf import Document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sightline.gateway.rekognition.call import Answer, Call, Parameters
    from sightline.gateway.shelf import Shelf

_SERVER_ERROR = 500
_TRIES = 10


@dataclass(frozen=True)
class Attempt:
    """A call, which may have been tried before.

    Attributes:
        request_id: the same for each attempt at the call: with it the services make one thing, however often they are
            asked. Empty: the call has no token.
        first_time: when the first attempt began, in seconds since 1970.
        again: whether an earlier attempt may have been done in full or in part, and its answer lost.
    """

    request_id: str = ""
    first_time: float = 0.0
    again: bool = False


async def once(
    call: Call, operation: str, parameters: Parameters, work: Callable[[Attempt], Awaitable[Answer]]
) -> Answer:
    """Does the work, or gives what it answered to the same access key with the same token, within a day.

    An attempt is written down before anything is done, and stays so until it was answered or refused. So whatever dies
    in between, the next attempt knows of it, and need not wait for it.

    Args:
        call: of whoever calls.
        operation: its name; tokens of different operations have nothing to do with each other.
        parameters: as JSON has them; those of the token's first call have to be the same.
        work: gives an answer that JSON can hold. It may be done by several attempts, at the same time, too, and has to
            come to the same then.

    Raises:
        AwsError: IdempotentParameterMismatchException.
        Conflict: TOKEN_CHANGED, others with the token were faster each time.
    """
    token = parameters.get("ClientRequestToken")
    if token is None:
        return await work(Attempt())
    key = derived_id("client request token", call.signer.access_key_id, operation, token)
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
    begun = await _begun(call.tokens, key, digest, token)
    if "answer" in begun.content:
        answer: Answer = begun.content["answer"]
        return answer
    attempts = begun.content["attempts"]
    attempt = Attempt(begun.content["request_id"], begun.content["first_time"], again=attempts > 1)
    try:
        answer = await work(attempt)
    except (AwsError, SightlineError) as error:
        if is_refusal(error) and not attempt.again:
            # Nothing was done, unless others have begun meanwhile: it may be tried with other parameters.
            with suppress(Conflict):
                await call.tokens.delete(key, begun.revision)
        raise
    await _keep(call.tokens, key, answer)
    return answer


def is_refusal(error: AwsError | SightlineError) -> bool:
    """Whether nothing was done; else nobody knows whether it was."""
    if isinstance(error, AwsError):
        return error.status < _SERVER_ERROR
    return not isinstance(error, Unavailable | Internal)


async def _begun(tokens: Shelf, key: str, digest: str, token: str) -> Document:
    """Writes down that an attempt begins, unless there is an answer; gives what is written."""
    for _ in range(_TRIES):
        known = await tokens.get(key)
        if known is None:
            first = {"digest": digest, "request_id": new_id(), "first_time": time.time(), "attempts": 1}
            with suppress(AlreadyExists):
                return Document(first, await tokens.create(key, first))
            continue
        if known.content["digest"] != digest:
            raise _mismatch(token)
        if "answer" in known.content:
            return known
        more = known.content | {"attempts": known.content["attempts"] + 1}
        with suppress(Conflict):
            return Document(more, await tokens.replace(key, more, known.revision))
    raise _changing()


async def _keep(tokens: Shelf, key: str, answer: Answer) -> None:
    """Writes the answer down, unless another attempt has."""
    for _ in range(_TRIES):
        known = await tokens.get(key)
        if known is None or "answer" in known.content:
            return
        with suppress(Conflict):
            await tokens.replace(key, known.content | {"answer": answer}, known.revision)
            return
    raise _changing()


def _changing() -> Conflict:
    return Conflict("TOKEN_CHANGED", "Others call with this ClientRequestToken: try again.")


def _mismatch(token: str) -> AwsError:
    return AwsError(
        "IdempotentParameterMismatchException", f"The ClientRequestToken: {token} you have supplied is already in use."
    )
