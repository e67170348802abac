"""What sealing the audit trail costs: `PYTHONPATH=tests python tests/bench/audit_seals.py [ENTRIES]`.

Against a real broker: how fast a trail that is there already is sealed and checked, and what the sealer's process uses
while another one writes 1,000 entries a second. Times are of a process's own processor time where that is said.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import structlog
from broker import run_nats_server
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry

from sightline.chassis.audit import Auditor
from sightline.chassis.bus import connect_bus
from sightline.chassis.provision import provision
from sightline.chassis.seals import key_id
from sightline.chassis.topology import DUTIES, TOPOLOGY
from sightline.chassis.trail_check import TrailCheck, Trust
from sightline.notify.audit_trail import AuditTrail
from sightline.notify.seal_book import SealBook
from sightline.notify.sealer import Sealer
from sightline.v1.events_pb2 import AuditEvent

RATE = 1000
SECONDS = 15
_AT_ONCE = 100
_WRITE = "write"


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def write(url: str, count: int, rate: float) -> None:
    """Writes so many entries, at that rate a second."""
    async with connect_bus(url, "bench") as bus:
        auditor, begun = Auditor(bus, "match"), time.monotonic()
        for done in range(0, count, _AT_ONCE):
            await asyncio.sleep(max(0.0, begun + done / rate - time.monotonic()))
            await asyncio.gather(*(auditor.record(_event()) for _ in range(_AT_ONCE)))


def _event() -> AuditEvent:
    ids = {"principal": "a" * 26, "credential_id": "b" * 26, "request_id": "c" * 26, "object_id": "d" * 26}
    return AuditEvent(action="search.faces", object_kind="watchlist", purpose="bench", outcome="ok", **ids)


class Stored:
    """The trail on a broker; a StoredTrail."""

    def __init__(self, bus) -> None:
        self._bus = bus

    async def seals(self):
        """See StoredTrail."""
        async with aclosing(SealBook(self._bus).seals()) as batches:
            async for batch in batches:
                for stored in batch:
                    yield stored.seal

    async def entries(self):
        """See StoredTrail."""
        async with aclosing(AuditTrail(self._bus).entries()) as batches:
            async for batch in batches:
                for entry in batch:
                    yield entry


async def _sealed(bus, key: Ed25519PrivateKey, count: int) -> None:
    while (await SealBook(bus).place(key.public_key())).sealed < count:
        await asyncio.sleep(0.1)


async def measure(url: str, count: int) -> None:
    """Prints a line for each thing that was measured."""
    key = Ed25519PrivateKey.generate()
    async with connect_bus(url, "bench") as bus:
        await provision(bus, TOPOLOGY)
        await write(url, count, rate=float("inf"))
        sealer = Sealer(bus, await bus.bucket(DUTIES), key, CollectorRegistry())
        begun, used = time.perf_counter(), time.process_time()
        async with sealer.running():
            await _sealed(bus, key, count)
            took, used = time.perf_counter() - begun, time.process_time() - used
            say(f"seal     {count / took:8.0f} entries/s, {1e6 * used / count:6.1f} us of processor time for each")
            await beside_a_writer(bus, url, key, count)
        begun = time.perf_counter()
        public = key.public_key()
        verdict = await TrailCheck(Trust({key_id(public): public}, timedelta(days=1))).run(Stored(bus))
        rate = verdict.entries / (time.perf_counter() - begun)
        say(f"check    {rate:8.0f} entries/s, {verdict.seals} seals, {len(verdict.findings)} findings")


async def beside_a_writer(bus, url: str, key: Ed25519PrivateKey, sealed: int) -> None:
    """While another process writes `RATE` entries a second."""
    writer = await asyncio.create_subprocess_exec(sys.executable, __file__, _WRITE, url)
    begun, used = time.perf_counter(), time.process_time()
    await writer.wait()
    took, used = time.perf_counter() - begun, time.process_time() - used
    share = 100 * used / took
    say(f"beside   {RATE * SECONDS / took:8.0f} entries/s written, {share:5.1f} % of a processor in the sealer")
    begun = time.perf_counter()
    await _sealed(bus, key, sealed + RATE * SECONDS)
    say(f"behind   {time.perf_counter() - begun:8.1f} s after the last entry all are sealed")


def main() -> None:
    """Measures, or writes for the one who measures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if sys.argv[1:2] == [_WRITE]:
        asyncio.run(write(sys.argv[2], RATE * SECONDS, RATE))
        return
    with run_nats_server(Path(tempfile.mkdtemp())) as server:
        asyncio.run(measure(server.url, int(sys.argv[1]) if sys.argv[1:] else 20_000))


if __name__ == "__main__":
    main()
