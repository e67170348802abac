"""Follows a stream into a copy of it: one order, for good, and others can wait until the copy has caught up."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

log = structlog.get_logger()

RETRY_PAUSE = 1.0
REACH_SECONDS = 15.0

T = TypeVar("T")


class Follower(Generic[T]):
    """Applies record after record; what cannot be applied is tried again, for a gap would be worse than a delay.

    Args:
        name: of the stream, in reason codes and logs.
        records: every record behind a sequence, and then every new one.
        apply: takes in one record; it may be called again with the same one.
        position: the sequence up to which the copy is true.
    """

    def __init__(
        self,
        name: str,
        records: Callable[[int], AsyncGenerator[T, None]],
        apply: Callable[[T], Awaitable[None]],
        position: Callable[[], int],
    ) -> None:
        self._name = name
        self._records = records
        self._apply = apply
        self._position = position
        self._moved = asyncio.Condition()
        self._trouble: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follows while the block runs."""
        task = asyncio.create_task(self._follow(), name=self._name)
        try:
            yield
        finally:
            await end(task)

    async def reached(self, sequence: int) -> None:
        """Returns once that record, or a later one, is in the copy. Raises Unavailable <NAME>_BEHIND."""
        try:
            async with asyncio.timeout(REACH_SECONDS), self._moved:
                await self._moved.wait_for(lambda: self._position() >= sequence)
        except TimeoutError as error:
            raise Unavailable(
                f"{self._name}_BEHIND", "It is stored, but does not show in searches and lists yet: look again soon."
            ) from error

    async def check(self) -> None:
        """Raises Unavailable <NAME>_STUCK while a record cannot be taken in; for health."""
        if self._trouble:
            raise Unavailable(f"{self._name}_STUCK", f"A record cannot be taken in: {self._trouble}")

    async def _follow(self) -> None:
        while True:
            try:
                async with aclosing(self._records(self._position())) as records:
                    async for record in records:
                        await self._apply(record)
                        await self._move()
            except Exception as error:
                self._trouble = f"{type(error).__name__}: {error}"
                log.exception("record_not_applied", stream=self._name, applied=self._position())
                await asyncio.sleep(RETRY_PAUSE)

    async def _move(self) -> None:
        self._trouble = None
        async with self._moved:
            self._moved.notify_all()
