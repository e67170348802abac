"""A connection to the broker that a test can end, or step into, at every single request."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sightline.chassis.bus import Bus

    Step = Callable[[int], Awaitable[None]]


class DiedError(BaseException):
    """The process ended here. No code of ours catches it."""


class WatchedBus:
    """A bus that calls `before` and `after` with the number of each request of JetStream, from 0."""

    def __init__(self, bus: Bus, before: Step, after: Step) -> None:
        self._bus = bus
        self._before = before
        self._after = after
        self._numbers = count()
        self.requests = 0

    @property
    def js(self) -> WatchedBus:
        """JetStream, watched as well."""
        return self

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._bus.js, name)
        return lambda *args, **kwargs: self._ask(method, args, kwargs)

    async def _ask(self, method: Callable[..., Awaitable[Any]], args: Any, kwargs: Any) -> Any:
        number = next(self._numbers)
        self.requests = number + 1
        await self._before(number)
        try:
            return await method(*args, **kwargs)
        finally:
            await self._after(number)


def dying(bus: Bus, at: int, *, done: bool) -> WatchedBus:
    """A bus whose process dies at that request; where `done`, the broker still did what it was asked."""

    async def before(number: int) -> None:
        if number > at or (number == at and not done):
            raise DiedError

    async def after(number: int) -> None:
        if number >= at:
            raise DiedError

    return WatchedBus(bus, before, after)


def interrupted(bus: Bus, at: int, by: Callable[[], Awaitable[object]]) -> WatchedBus:
    """A bus where something else happens just before that request."""

    async def before(number: int) -> None:
        if number == at:
            await by()

    async def after(_: int) -> None:
        pass

    return WatchedBus(bus, before, after)
