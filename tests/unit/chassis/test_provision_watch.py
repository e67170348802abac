"""What is missing on the broker is made again and again, whatever went wrong before."""

from __future__ import annotations

import asyncio

from sightline.chassis import provision as module
from sightline.chassis.ending import end
from sightline.chassis.errors import Unavailable
from sightline.chassis.topology import TOPOLOGY


async def test_no_error_ends_it(monkeypatch):
    """One that is known, and one that nobody thought of."""
    errors, done = [Unavailable("BROKER_UNAVAILABLE", "Not now."), ValueError("not thought of")], asyncio.Event()

    async def provision(*_):
        if errors:
            raise errors.pop()
        done.set()
        return []

    monkeypatch.setattr(module, "provision", provision)
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.01)
    watching = asyncio.create_task(module.watch(None, TOPOLOGY))
    async with asyncio.timeout(60):
        await done.wait()
    assert not watching.done()
    await end(watching)
