"""Answers that come in pieces: server-sent events, and lines of JSON."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from starlette.responses import StreamingResponse

from sightline.chassis.errors import Unavailable
from sightline.gateway.caller import calling_as
from sightline.gateway.rest.answers import as_json, result_of, written
from sightline.gateway.rest.problem import problem_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from google.protobuf.message import Message
    from starlette.responses import Response

    from sightline.gateway.rest.route import Route
    from sightline.gateway.upstream import Upstream

EVENT_STREAM = "text/event-stream"
LINES = "application/x-ndjson"
HEARTBEAT_SECONDS = 15.0
FIRST_SECONDS = 1.0
"""A stream that is refused is refused at once: so long an answer waits for that, before it begins."""
POLL_SECONDS = 1.0
BATCH_SECONDS = 300.0
"""For a batch of an import, which may be hundreds of pictures."""
_ENDED = ("_DONE", "_FAILED", "_CANCELLED")


@dataclass(frozen=True)
class Asked:
    """A call whose answers are wanted; streams of events end with the gateway (`stop`), which would wait for them."""

    route: Route
    message: Message
    upstream: Upstream
    bearer: str
    stop: asyncio.Event

    def called(self) -> Any:
        """The call, which has begun."""
        with calling_as(self.bearer):
            return self.route.contract.on(self.upstream)(self.message)

    async def once(self) -> Message:
        """The response of a call with one, or of a batch alone. Raises grpc.aio.AioRpcError."""
        call = self.route.contract.on(self.upstream)
        with calling_as(self.bearer):
            if self.route.contract.method.client_streaming:
                batch = call(iter([self.message]), timeout=BATCH_SECONDS)
                response: Message = await anext(aiter(batch))
            else:
                response = await call(self.message, timeout=self.upstream.timeout)
        return response


class Over(Exception):
    """There are no more messages."""


class Messages:
    """What a streaming call answers, read piece by piece without giving the call up for waiting too short.

    Args:
        call: which has begun.
        stop: once it is set, nobody waits any more; None: to the end of the call.
    """

    def __init__(self, call: Any, stop: asyncio.Event | None = None) -> None:
        self._call = call
        self._answers = aiter(call)
        self._next: asyncio.Task[Message] | None = None
        self._stopping = {asyncio.ensure_future(stop.wait())} if stop else set()

    async def within(self, seconds: float | None) -> Message | None:
        """The next one; None: none came in that time.

        Raises:
            Over: there are no more.
            grpc.aio.AioRpcError: it broke off.
            Unavailable: SERVER_STOPPING.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._answers, None))  # type: ignore[arg-type]  # None: the end
        waiting: set[asyncio.Task[Any]] = {self._next, *self._stopping}
        done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._next not in done:
            if done:
                raise _stopping()
            return None
        message = self._next.result()
        self._next = None
        if message is None:
            raise Over
        return message

    def end(self) -> None:
        """Hangs up."""
        for task in (self._next, *self._stopping):
            if task is not None:
                task.cancel()
        self._call.cancel()


async def event_stream(asked: Asked) -> Response:
    """Server-sent events of a streaming call. Raises as `Messages.within` where it is refused."""
    messages = Messages(asked.called(), asked.stop)
    try:
        first = await messages.within(FIRST_SECONDS)
    except Over:
        first = None
    except BaseException:
        messages.end()
        raise
    return StreamingResponse(events_of(asked.route, messages, first), media_type=EVENT_STREAM)


async def events_of(route: Route, messages: Messages, first: Message | None) -> AsyncGenerator[bytes, None]:
    """Everything that a call answers, as events; what ends it is the last. It hangs up at its end."""
    yield b": open\n\n"
    try:
        if first is not None:
            yield event(route, first)
        while True:
            message = await messages.within(HEARTBEAT_SECONDS)
            yield event(route, message) if message is not None else b": still here\n\n"
    except Over:
        yield _named("end", {})
    except (grpc.aio.AioRpcError, Unavailable) as error:
        yield _named("problem", problem_of(error, route.contract.service)[1])
    finally:
        messages.end()


def event(route: Route, response: Message) -> bytes:
    """One event: its id is where to resume."""
    sequence = getattr(response, "sequence", 0)
    return _named(route.result or "progress", written(result_of(route, response)), sequence)


def _named(name: str, document: dict[str, Any], sequence: int = 0) -> bytes:
    identity = f"id: {sequence}\n" if sequence else ""
    return f"{identity}event: {name}\ndata: ".encode() + as_json(document) + b"\n\n"


async def followed(asked: Asked) -> Response:
    """Server-sent events of a document that is asked for again and again. Raises grpc.aio.AioRpcError at first."""
    first = await asked.once()
    return StreamingResponse(_changes(asked, first), media_type=EVENT_STREAM)


async def _changes(asked: Asked, response: Message) -> AsyncGenerator[bytes, None]:
    known, quiet = b"", 0.0
    try:
        while True:
            found = event(asked.route, response)
            if found != known:
                yield found
                known, quiet = found, 0.0
            if _over(result_of(asked.route, response)):
                break
            await _pause(asked.stop)
            quiet += POLL_SECONDS
            if quiet >= HEARTBEAT_SECONDS:
                yield b": still here\n\n"
                quiet = 0.0
            response = await asked.once()
        yield _named("end", {})
    except (grpc.aio.AioRpcError, Unavailable) as error:
        yield _named("problem", problem_of(error, asked.route.contract.service)[1])


async def _pause(stop: asyncio.Event) -> None:
    """Raises Unavailable SERVER_STOPPING."""
    with suppress(TimeoutError):
        async with asyncio.timeout(POLL_SECONDS):
            await stop.wait()
        raise _stopping()


def _stopping() -> Unavailable:
    return Unavailable("SERVER_STOPPING", "The gateway ends, or is started anew: ask again, for what comes behind.")


def _over(document: Any) -> bool:
    states = document.DESCRIPTOR.fields_by_name["state"].enum_type
    known = states.values_by_number.get(document.state)
    return known is not None and str(known.name).endswith(_ENDED)


async def lines(asked: Asked) -> Response:
    """One line of JSON for each message of a streaming call. Raises grpc.aio.AioRpcError where it is refused."""
    messages = Messages(asked.called())
    try:
        first = await messages.within(None)
    except Over:
        first = None
    except BaseException:
        messages.end()
        raise
    return StreamingResponse(lines_of(asked.route, messages, first), media_type=LINES)


async def lines_of(route: Route, messages: Messages, first: Message | None) -> AsyncGenerator[bytes, None]:
    """Everything that a call answers, a line each; a last one with `problem` alone says that it broke off."""
    message = first
    try:
        while message is not None:
            yield as_json(written(message)) + b"\n"
            message = await messages.within(None)
    except Over:
        return
    except grpc.aio.AioRpcError as error:
        yield as_json({"problem": problem_of(error, route.contract.service)[1]}) + b"\n"
    finally:
        messages.end()
