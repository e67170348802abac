"""What the chassis tests share."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture
def until():
    """A function that waits for a condition, and fails the test without it."""

    async def wait(condition, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.02)

    return wait
