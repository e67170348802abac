"""Reading requests' bodies: each has a limit and a time, and all that is held together a share of the memory."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from sightline.chassis.errors import InvalidInput, ResourceExhausted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

RETRY_SECONDS = 1.0


class BodyTooLarge(InvalidInput):
    """BODY_TOO_LARGE: more than the limit; what came of it was thrown away."""


class BodyGate:
    """Lets bodies in.

    A client that sends slowly holds what it has sent, not what it has announced, and not for longer than `seconds`.

    Args:
        total: bytes that all bodies may hold together.
        seconds: in which a body has to arrive, and for which it waits for room.
    """

    def __init__(self, total: int, seconds: float) -> None:
        self._free = total
        self._seconds = seconds
        self._room = asyncio.Condition()

    @asynccontextmanager
    async def body(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """The whole body, whose bytes count as held until the block ends.

        Raises:
            BodyTooLarge: BODY_TOO_LARGE.
            InvalidInput: BODY_SLOW, BODY_CUT_OFF.
            ResourceExhausted: SERVER_BUSY, there was no room for it.
        """
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > limit:
            raise _too_large(limit)
        held: list[bytes] = []
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    await self._read(request, limit, held)
            except TimeoutError as error:
                raise InvalidInput(
                    "BODY_SLOW", f"The body did not arrive within {self._seconds:g} s: send it again, faster."
                ) from error
            yield b"".join(held)
        finally:
            await self._give_back(sum(map(len, held)))

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Room for so many bytes that come from elsewhere. Raises ResourceExhausted SERVER_BUSY."""
        await self._take(size)
        try:
            yield
        finally:
            await self._give_back(size)

    async def _read(self, request: Request, limit: int, held: list[bytes]) -> None:
        size = 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                await self._take(len(chunk))
                held.append(chunk)
        except ClientDisconnect as error:
            raise cut_off() from error

    async def _take(self, size: int) -> None:
        async with self._room:
            try:
                await asyncio.wait_for(self._room.wait_for(lambda: self._free >= size), self._seconds)
            except TimeoutError as error:
                busy = ResourceExhausted(
                    "SERVER_BUSY", "Too many large requests are arriving.", retry_after=RETRY_SECONDS
                )
                raise busy from error
            self._free -= size

    async def _give_back(self, size: int) -> None:
        async with self._room:
            self._free += size
            self._room.notify_all()


def cut_off() -> InvalidInput:
    """The error of a client that went away; nobody hears it, but it is no fault of ours."""
    return InvalidInput("BODY_CUT_OFF", "The connection ended before all of the body was here: send it again.")


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge("BODY_TOO_LARGE", f"The body is larger than {limit} bytes: send less at a time.")
