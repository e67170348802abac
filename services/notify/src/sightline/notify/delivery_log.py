"""What was tried: the stream DELIVERIES, and a SQLite copy of it for lists."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sightline.chassis import topology
from sightline.chassis.enum_names import enum_word
from sightline.chassis.follower import Follower
from sightline.chassis.ids import new_id
from sightline.chassis.projection import Projection
from sightline.chassis.tail import last_sequence, tail
from sightline.chassis.topology import DELIVERIES
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from prometheus_client import Counter

    from sightline.chassis.bus import Bus
    from sightline.chassis.tail import Record

NEWEST = 2**63 - 1
_TRIM_EVERY = 1000
SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    sequence INTEGER PRIMARY KEY, subscription TEXT NOT NULL, record BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_by_subscription ON deliveries (subscription, sequence DESC);
"""


class DeliveryLog(Projection):
    """Writes to the stream, and lists what is in it; see `sightline.chassis.projection`."""

    def __init__(self, path: Path, bus: Bus, attempts: Counter) -> None:
        super().__init__(path, SCHEMA, ("deliveries",))
        self._bus = bus
        self._attempts = attempts
        self._follower = Follower(
            DELIVERIES, lambda after: tail(bus, DELIVERIES, after=after), self._apply, lambda: self.sequence
        )

    async def write(self, delivery: pb.Delivery) -> None:
        """Returns once the broker has it. Raises Unavailable BROKER_UNAVAILABLE."""
        outcome = enum_word(pb.DeliveryOutcome, delivery.outcome)
        self._attempts.labels(outcome).inc()
        await self._bus.publish(topology.deliveries(delivery.subscription_id), delivery, dedup_id=new_id())

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Takes in what is written, by any process, while the block runs."""
        if self.sequence > await last_sequence(self._bus, DELIVERIES):
            self.clear()
        await self._trim()
        async with self._follower.running():
            yield

    async def check(self) -> None:
        """Raises Unavailable while a record of the stream cannot be taken in; for health."""
        await self._follower.check()

    async def caught_up(self) -> None:
        """Returns once all that is in the stream now is here. Raises Unavailable DELIVERIES_BEHIND."""
        await self._follower.reached(await last_sequence(self._bus, DELIVERIES))

    def page(self, subscription_id: str, before: int, limit: int) -> list[tuple[int, pb.Delivery]]:
        """Attempts for a subscription with their numbers, the newest first, from before that number."""
        rows = self._db.execute(
            "SELECT sequence, record FROM deliveries WHERE subscription = ? AND sequence < ? "
            "ORDER BY sequence DESC LIMIT ?",
            (subscription_id, before, limit),
        )
        return [(sequence, pb.Delivery.FromString(record)) for sequence, record in rows]

    async def _apply(self, record: Record) -> None:
        delivery = pb.Delivery.FromString(record.data)
        with self.applying(record.sequence):
            self._db.execute(
                "INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?)",
                (record.sequence, delivery.subscription_id, record.data),
            )
        if record.sequence % _TRIM_EVERY == 0:
            await self._trim()

    async def _trim(self) -> None:
        """Forgets what the stream has forgotten."""
        first = (await self._bus.js.stream_info(DELIVERIES)).state.first_seq
        self._db.execute("DELETE FROM deliveries WHERE sequence < ?", (first,))
