"""Many clients that announce a large body and send it slowly: what they cost the gateway, and everybody else."""

from __future__ import annotations

import asyncio
import base64
import statistics
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway_client import connection, signed

if TYPE_CHECKING:
    from gateway_system import GatewaySystem

PICTURE_BYTES = 5 * 1024 * 1024
AT_ONCE, TRICKLE, PAUSE = 256 * 1024, 16 * 1024, 0.25
CALLS = 40


def resident_mb(process: int) -> float:
    """Memory of a process that is in use, MB."""
    status = Path(f"/proc/{process}/status")
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


async def _send_slowly(port: int, request: bytes) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(OSError):  # sooner or later it is cut off
        writer.write(request[:AT_ONCE])
        for start in range(AT_ONCE, len(request), TRICKLE):
            await writer.drain()
            await asyncio.sleep(PAUSE)
            writer.write(request[start : start + TRICKLE])
    writer.close()


async def slow_clients(system: GatewaySystem, count: int) -> dict[str, Any]:
    """How far the gateway's memory grows while they send, and how long others wait for calls meanwhile."""
    noise = base64.b64encode(bytes(PICTURE_BYTES)).decode()
    large = signed(system.port, system.pair, "DetectFaces", {"Image": {"Bytes": noise}})
    small = signed(system.port, system.pair, "DescribeCollection", {"CollectionId": "bench"})
    before = resident_mb(system.gateway)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connection(system.port))
        sending = [asyncio.create_task(_send_slowly(system.port, large)) for _ in range(count)]
        await asyncio.sleep(5)
        most, times = resident_mb(system.gateway), []
        for _ in range(CALLS):
            began = time.perf_counter()
            await client.ask(small)
            times.append((time.perf_counter() - began) * 1000)
            most = max(most, resident_mb(system.gateway))
            await asyncio.sleep(0.25)
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
    return {"n": count, "rss_growth_mb": most - before, "p50_ms": statistics.median(times)}
