"""Readiness is looked at again and again, and the looking ends with the service."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sightline.chassis import health as module
from sightline.chassis.health import Health


async def test_a_check_that_swallows_a_cancellation_does_not_keep_the_service_from_ending(monkeypatch):
    """As the NATS client's can: before Python 3.12 its waiting loses a cancellation that comes with an answer."""
    monkeypatch.setattr("sightline.chassis.ending.AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.01)
    looks, looking = 0, asyncio.Event()

    async def check() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            looking.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    async with asyncio.timeout(20) as limit:
        async with Health().watching({"broker": check}):
            await looking.wait()
    assert not limit.expired()
    seen = looks
    await asyncio.sleep(0.05)
    assert looks == seen
