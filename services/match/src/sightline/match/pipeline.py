"""Requests that are worked on together and answered in their order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable

Q = TypeVar("Q")
A = TypeVar("A")


async def answered(
    requests: AsyncIterable[Q], answer: Callable[[Q], Awaitable[A]], at_once: int
) -> AsyncGenerator[A, None]:
    """Yields the answers in the order of the requests, of which at most `at_once` have been read and not answered.

    What reading or answering a request raises is raised behind the answers of those before it; the others are given up.
    """
    waiting: asyncio.Queue[asyncio.Future[A] | None] = asyncio.Queue()
    room = asyncio.Semaphore(at_once)
    running: set[asyncio.Future[A]] = set()

    async def read() -> None:
        source = aiter(requests)
        while True:
            await room.acquire()
            try:
                request = await anext(source)
            except StopAsyncIteration:
                return
            task = asyncio.ensure_future(answer(request))
            running.add(task)
            task.add_done_callback(running.discard)
            waiting.put_nowait(task)

    reading = asyncio.ensure_future(read())
    reading.add_done_callback(lambda _: waiting.put_nowait(None))
    try:
        while (task := await waiting.get()) is not None:
            yield await task
            room.release()
        await reading
    finally:
        left: list[asyncio.Future[Any]] = [reading, *running]
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)
