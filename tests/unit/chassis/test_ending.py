from __future__ import annotations

import asyncio
from contextlib import suppress

from sightline.chassis.ending import end


async def test_a_task_that_swallows_a_cancellation_ends_all_the_same(monkeypatch):
    """What one cancellation does not end, the next one does."""
    monkeypatch.setattr("sightline.chassis.ending.AGAIN_SECONDS", 0.01)

    async def deaf() -> None:
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        await asyncio.sleep(60)

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await end(task)
    assert task.cancelled()


async def test_what_has_ended_or_fails_at_the_end_is_no_trouble():
    """A task that is over, and one whose clean-up raises, end as any other."""

    async def failing() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ZeroDivisionError

    over = asyncio.create_task(asyncio.sleep(0))
    await over
    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    for each in (over, task):
        await end(each)
        assert each.done()
