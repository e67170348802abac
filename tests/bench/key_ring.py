"""What the key ring costs: `PYTHONPATH=tests python tests/bench/key_ring.py [KEYS] [NATS_SERVER]`.

Against a real broker with 10,000 data keys by default: sealing and opening a record of a template's size with the key
in memory, re-wrapping all keys after a new installation key was added, and destroying one owner's key.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from broker import run_nats_server
from key_files import new_key, write_keys

from sightline.chassis.bus import connect_bus
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.provision import provision
from sightline.chassis.rewrap import Rewrap
from sightline.chassis.topology import TOPOLOGY
from sightline.chassis.wrapped_keys import WrappedKeys

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RECORD = bytes(2200)
"""About as large as a face with its 512 floats."""
CONTEXT = b"context"
_ROUNDS = 20_000
_DESTROYED = 200
_AT_ONCE = 100


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def seconds(work: Callable[[], Awaitable[object]], rounds: int = 1) -> float:
    """How long one round took."""
    started = time.perf_counter()
    for _ in range(rounds):
        await work()
    return (time.perf_counter() - started) / rounds


async def measure(url: str, folder: Path, count: int) -> None:
    """Prints a line for each thing that was measured."""
    async with connect_bus(url, "bench") as bus:
        await provision(bus, TOPOLOGY)
        wrapped, path, old = WrappedKeys(bus), folder / "installation.key", new_key()
        file = write_keys(path, old)
        ring, owners = BucketKeyRing(wrapped, file), [new_id() for _ in range(count)]
        for start in range(0, count, _AT_ONCE):
            await asyncio.gather(*(ring.seal(owner, RECORD, CONTEXT) for owner in owners[start : start + _AT_ONCE]))
        sealed = await ring.seal(owners[-1], RECORD, CONTEXT)
        say(f"seal     {1e6 * await seconds(lambda: ring.seal(owners[-1], RECORD, CONTEXT), _ROUNDS):8.1f} us")
        say(f"open     {1e6 * await seconds(lambda: ring.open(owners[-1], sealed, CONTEXT), _ROUNDS):8.1f} us")
        write_keys(path, new_key(), old)
        say(f"re-wrap  {await seconds(Rewrap(wrapped, file).run):8.2f} s for {count} keys")
        say(f"look     {await seconds(Rewrap(wrapped, file).run):8.2f} s, all being re-wrapped already")
        say(f"destroy  {1e3 * await seconds(lambda: ring.destroy(owners.pop()), _DESTROYED):8.2f} ms")


def main() -> None:
    """Runs on a broker of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    binary = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with run_nats_server(folder / "nats", binary=binary) as server:
            asyncio.run(measure(server.url, folder, count))


if __name__ == "__main__":
    main()
