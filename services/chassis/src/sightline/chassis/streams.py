"""Endless answers that end when something else does: the service, or the caller's right to them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T = TypeVar("T")


async def until_done(items: AsyncGenerator[T, None], ending: asyncio.Future[Any]) -> AsyncGenerator[T, None]:
    """Yields the items until `ending` is done, and raises what it raised; closes the items' source in the end."""
    async with aclosing(items):
        while True:
            item = asyncio.ensure_future(anext(items))
            try:
                await asyncio.wait({item, ending}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not item.done():
                    item.cancel()
                    await asyncio.gather(item, return_exceptions=True)
            if ending.done():
                ending.result()
                return
            try:
                yield item.result()
            except StopAsyncIteration:
                return


async def until_stopped(items: AsyncGenerator[T, None], stop: asyncio.Event) -> AsyncGenerator[T, None]:
    """Yields the items until the event is set: otherwise one watcher would hold up the whole drain."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        async with aclosing(until_done(items, stopping)) as until:
            async for item in until:
                yield item
    finally:
        stopping.cancel()
