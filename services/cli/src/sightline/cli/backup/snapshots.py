"""Copies of streams, as the broker makes and takes them: each whole, with its sequences, times and consumers.

The protocol is JetStream's (`$JS.API.STREAM.SNAPSHOT` and `RESTORE`), for which nats-py has no calls.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from sightline.chassis.broker_permissions import API, SNAPSHOTS
from sightline.chassis.bus import Bus
from sightline.chassis.errors import FailedPrecondition, SightlineError, Unavailable
from sightline.chassis.ids import new_id

CHUNK = 128 * 1024
"""Bytes of a piece: well below the broker's longest message."""
# The broker checks every message of a stream before it sends the first piece.
_CHECK_SECONDS = 120.0
_PIECE_SECONDS = 30.0
_DONE = "204"
_NOT_FOUND = 10059


@dataclass(frozen=True)
class Snapshot:
    """A stream at one moment.

    Attributes:
        config: the stream's, as JetStream's API has it.
        state: the same of its state when it was asked for; the copy may have what came in that moment.
        pieces: the copy; to be read to its end.
    """

    config: dict[str, Any]
    state: dict[str, Any]
    pieces: AsyncIterator[bytes]


@asynccontextmanager
async def snapshot(bus: Bus, stream: str, *, consumers: bool = True) -> AsyncIterator[Snapshot]:
    """Take a copy of a stream, with the places of its consumers unless told otherwise.

    Raises:
        FailedPrecondition: STREAM_NOT_COPIED, the broker refused, or has no such stream.
        Unavailable: BROKER_UNAVAILABLE.
    """
    subject = f"{SNAPSHOTS}.{new_id()}"
    listening = await bus.client.subscribe(subject)
    try:
        # The broker has to know of it before it sends.
        await bus.client.flush()
        request = {"deliver_subject": subject, "no_consumers": not consumers, "jsck": True, "chunk_size": CHUNK}
        answer = await ask(bus, f"SNAPSHOT.{stream}", request, _CHECK_SECONDS)
        yield Snapshot(answer["config"], answer["state"], _pieces(bus, listening.next_msg, stream))
    finally:
        await listening.unsubscribe()


async def restore(bus: Bus, config: dict[str, Any], state: dict[str, Any], pieces: AsyncIterator[bytes]) -> None:
    """Bring a stream back; there is nothing of it before all pieces have come.

    Raises:
        FailedPrecondition: STREAM_NOT_RESTORED, the broker refused: there is such a stream, or what came is no copy.
        Unavailable: BROKER_UNAVAILABLE.
    """
    name = config["name"]
    answer = await ask(bus, f"RESTORE.{name}", {"config": config, "state": state}, _PIECE_SECONDS)
    async for piece in pieces:
        if piece:
            _taken(name, await _send(bus, answer["deliver_subject"], piece, _PIECE_SECONDS))
    _taken(name, await _send(bus, answer["deliver_subject"], b"", _CHECK_SECONDS))


async def stream_info(bus: Bus, stream: str) -> dict[str, Any] | None:
    """Give `config` and `state` of a stream as JetStream's API has them; None where there is no such stream."""
    answer: dict[str, Any] = json.loads(await _send(bus, f"{API}.STREAM.INFO.{stream}", b"", _PIECE_SECONDS))
    if error := answer.get("error"):
        if error.get("err_code") == _NOT_FOUND:
            return None
        raise _refused(f"STREAM.INFO of {stream}", error)
    return answer


async def ask(bus: Bus, what: str, body: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Ask JetStream's API about a stream. Raises FailedPrecondition STREAM_NOT_COPIED or STREAM_NOT_RESTORED."""
    answer: dict[str, Any] = json.loads(await _send(bus, f"{API}.STREAM.{what}", json.dumps(body).encode(), seconds))
    if error := answer.get("error"):
        raise _refused(what, error)
    return answer


async def _pieces(bus: Bus, next_message: Any, stream: str) -> AsyncGenerator[bytes, None]:
    while True:
        try:
            message: Msg = await next_message(_PIECE_SECONDS)
        except NatsError as error:
            raise _silent(f"sends no more of {stream}") from error
        if not message.data:
            _check_end(stream, message)
            return
        yield message.data
        # The broker sends a few pieces ahead, and goes on for as long as it hears of them.
        if message.reply:
            await bus.client.publish(message.reply, b"")


def _check_end(stream: str, message: Msg) -> None:
    """An old broker ends with an empty message, a newer one says with it how it ended."""
    status = (message.headers or {}).get("Status", _DONE)
    if status != _DONE:
        said = (message.headers or {}).get("Description", status)
        raise FailedPrecondition("STREAM_NOT_COPIED", f"The broker broke off the copy of {stream}: {said}.")


async def _send(bus: Bus, subject: str, data: bytes, seconds: float) -> bytes:
    try:
        return bytes((await bus.client.request(subject, data, timeout=seconds)).data)
    except (NatsError, TimeoutError, ConnectionError) as error:
        raise _silent(f"does not answer ({type(error).__name__})") from error


def _taken(stream: str, answer: bytes) -> None:
    """Pieces are answered by nothing, or by an error; the last one by what is there now."""
    error = json.loads(answer).get("error") if answer else None
    if error:
        raise _refused(f"RESTORE.{stream}", error)


def _refused(what: str, error: dict[str, Any]) -> SightlineError:
    reason = "STREAM_NOT_RESTORED" if what.startswith("RESTORE") else "STREAM_NOT_COPIED"
    return FailedPrecondition(
        reason, f"The broker refused ({what}): {error.get('description')} ({error.get('err_code')})."
    )


def _silent(what: str) -> SightlineError:
    return Unavailable("BROKER_UNAVAILABLE", f"The broker {what}: is nats-server up? Begin again.")
