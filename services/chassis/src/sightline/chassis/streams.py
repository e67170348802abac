"""Endless answers that end when the service does: otherwise one watcher would hold up the whole drain."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T = TypeVar("T")


async def until_stopped(items: AsyncGenerator[T, None], stop: asyncio.Event) -> AsyncGenerator[T, None]:
    """Yields the items until the event is set; closes their source in the end."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        async with aclosing(items):
            while True:
                item = asyncio.ensure_future(anext(items))
                await asyncio.wait({item, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not item.done():
                    item.cancel()
                    await asyncio.gather(item, return_exceptions=True)
                    return
                try:
                    yield item.result()
                except StopAsyncIteration:
                    return
    finally:
        stopping.cancel()
