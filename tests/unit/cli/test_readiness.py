"""How `sightline up` learns that a service can work."""

from __future__ import annotations

import asyncio

from sightline.cli.ports import ServicePorts
from sightline.cli.readiness import wait_ready


async def test_who_is_long_in_coming_is_asked_as_often_as_before():
    """Each connection to a service fails for a while: the next one comes soon, and not later from time to time."""
    asked = asyncio.Semaphore(0)

    async def refuse(_, writer):
        asked.release()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        waiting = asyncio.create_task(wait_ready({"match": ServicePorts(0, port, 0, 0)}, 600, lambda _: []))
        async with asyncio.timeout(45):
            for _ in range(9):
                await asked.acquire()
        waiting.cancel()
        await asyncio.wait([waiting])
