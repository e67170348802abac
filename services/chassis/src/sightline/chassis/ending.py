"""The end of tasks that run beside something."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_SECONDS = 1.0


async def end(task: asyncio.Task[Any]) -> None:
    """Cancels the task and returns once it has ended, whatever with.

    Before Python 3.12 `asyncio.wait_for`, which the NATS client waits with, can swallow a cancellation that comes in
    the moment of an answer. So it is cancelled again until it ends.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()  # asked for, so that asyncio does not report it as forgotten
