"""What a caller sends in a stream: the first request says what the call is about, and none after it says otherwise."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from google.protobuf.message import Message


ARRIVAL_SECONDS = 60.0
"""In which the request of a call that has one has to be here: so long it keeps one of its caller's places."""


class Incoming:
    """Requests one by one, each checked before the servicer sees it.

    Args:
        requests: as they arrive; whoever does not read them holds up the caller.
        check: raises where a request is not valid, or about something that the caller may not touch.
        objects: what a request is about.
    """

    def __init__(
        self,
        requests: AsyncIterator[Message],
        check: Callable[[Message], Awaitable[None]],
        objects: Callable[[Message], object],
    ) -> None:
        self._requests = aiter(requests)
        self._check = check
        self._objects = objects
        self._about: object = None
        self._first: Message | None = None

    async def begin(self, within: float | None = None) -> None:
        """Waits for the first request, for so many seconds, or for as long as it takes.

        Raises:
            InvalidInput: REQUEST_MISSING, the caller sent none; REQUEST_SLOW; and what `check` raises.
        """
        try:
            async with asyncio.timeout(within):
                self._first = await anext(self._requests)
        except StopAsyncIteration:
            raise InvalidInput("REQUEST_MISSING", "The call ended without a request: send at least one.") from None
        except TimeoutError:
            message = f"The request was not here within {within:g} s: send it again, faster, or a smaller one."
            raise InvalidInput("REQUEST_SLOW", message) from None
        await self._check(self._first)
        self._about = self._objects(self._first)

    @property
    def first(self) -> Message | None:
        """The first request, once the call has begun, for whoever answers that one alone."""
        return self._first

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        """The next request.

        Raises:
            InvalidInput: OBJECT_CHANGED, it is about something else than the first; and what `check` raises.
        """
        if (first := self._first) is not None:
            self._first = None
            return first
        request = await anext(self._requests)
        await self._check(request)
        if self._objects(request) != self._about:
            raise InvalidInput("OBJECT_CHANGED", "All requests of a call are about one object: make a call for each.")
        return request
