"""A video on its way through: what has come is passed on, and no more than that is held."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from sightline.chassis.errors import InvalidInput
from sightline.gateway.body import cut_off
from sightline.gateway.caller import calling_as
from sightline.gateway.rest.reading import FORM_TYPE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.message import Message
    from starlette.requests import Request

    from sightline.gateway.rest.route import Route
    from sightline.gateway.upstream import Upstream

CHUNK_BYTES = 1 << 20
RAW_TYPES = ("application/octet-stream", "video/")


async def upload(route: Route, request: Request, upstream: Upstream, bearer: str, seconds: float) -> Message:
    """The response to a body that is passed on, as it is or as the only file of a form.

    Args:
        route: of a call that takes a stream of `chunk`.
        request: with the body.
        upstream: the services.
        bearer: of the caller.
        seconds: that the next piece of the body may take.

    Raises:
        InvalidInput: BODY_SLOW, BODY_CUT_OFF, BODY_MALFORMED, MEDIA_TYPE_UNKNOWN.
        grpc.aio.AioRpcError: the service refuses it.
    """
    pieces = _of_form(request, seconds) if _is_form(request) else _pieces(request, seconds)
    with calling_as(bearer):
        call = route.contract.on(upstream)()
    try:
        async for piece in pieces:
            for start in range(0, len(piece), CHUNK_BYTES):
                message: Any = route.contract.new_request()
                message.chunk = piece[start : start + CHUNK_BYTES]
                await call.write(message)
        await call.done_writing()
        response: Message = await call
    except asyncio.InvalidStateError:
        # It was answered before the end: with an error, which is the answer.
        response = await call
    finally:
        call.cancel()
    return response


def _is_form(request: Request) -> bool:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != FORM_TYPE and not media.startswith(RAW_TYPES):
        raise InvalidInput(
            "MEDIA_TYPE_UNKNOWN", "Send the video as it is, as application/octet-stream, or as a file of a form."
        )
    return media == FORM_TYPE


async def _pieces(request: Request, seconds: float) -> AsyncIterator[bytes]:
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(seconds):
                piece = await anext(stream, None)
        except TimeoutError as error:
            raise InvalidInput("BODY_SLOW", f"Nothing came for {seconds:g} s: send the video again, faster.") from error
        except ClientDisconnect as error:
            raise cut_off() from error
        if piece is None:
            return
        yield piece


async def _of_form(request: Request, seconds: float) -> AsyncIterator[bytes]:
    _, options = parse_options_header(request.headers["content-type"])
    file = _File()
    try:
        parser = MultipartParser(options.get(b"boundary", b""), file.callbacks())
        async for piece in _pieces(request, seconds):
            parser.write(piece)
            if found := file.taken():
                yield found
        parser.finalize()
    except FormParserError as error:
        raise InvalidInput(
            "BODY_MALFORMED", "The form cannot be read: send multipart/form-data with its boundary."
        ) from error
    if file.parts != 1:
        raise InvalidInput("BODY_MALFORMED", f"The form has {file.parts} parts: send the video alone.")


class _File:
    """What a parser says of the parts of a form."""

    def __init__(self) -> None:
        self.parts = 0
        self._held: list[bytes] = []

    def callbacks(self) -> Any:
        return {"on_part_begin": self._begin, "on_part_data": self._data}

    def _begin(self) -> None:
        self.parts += 1

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._held.append(data[start:end])

    def taken(self) -> bytes:
        held = b"".join(self._held)
        self._held.clear()
        return held
