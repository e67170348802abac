"""A SQLite copy of the ALERTS stream, for lists of alerts."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sightline.chassis.access import Place
from sightline.chassis.errors import NotFound
from sightline.chassis.follower import Follower
from sightline.chassis.projection import Projection, chosen_ids
from sightline.chassis.tail import last_sequence, tail
from sightline.chassis.topology import ALERTS
from sightline.v1 import alert_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sightline.chassis.bus import Bus
    from sightline.chassis.identity.rights import Reach
    from sightline.chassis.tail import Record

SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, source TEXT NOT NULL,
    created INTEGER NOT NULL, revision INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS alerts_by_creation ON alerts (created DESC, id DESC);
"""


class AlertProjection(Projection):
    """Lists of alerts; see `sightline.chassis.projection`."""

    def __init__(self, path: Path, bus: Bus) -> None:
        super().__init__(path, SCHEMA, ("alerts",))
        self._bus = bus
        self._follower = Follower("ALERTS", lambda after: tail(bus, ALERTS, after=after), self._apply, self._position)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Takes in every alert while the block runs; a copy that is ahead of its stream is thrown away first."""
        if self.sequence > await last_sequence(self._bus, ALERTS):
            self.clear()
        async with self._follower.running():
            yield

    async def caught_up(self) -> None:
        """Returns once every alert that is in the stream now is here. Raises Unavailable ALERTS_BEHIND."""
        await self._follower.reached(await last_sequence(self._bus, ALERTS))

    async def check(self) -> None:
        """Raises Unavailable while a record of the stream cannot be taken in; for health."""
        await self._follower.check()

    async def find(self, alert_id: str) -> pb.Alert | None:
        """By id, also for a watcher who heard of the alert before it was here. Raises Unavailable ALERTS_BEHIND."""
        if (alert := self.get(alert_id)) is None:
            await self.caught_up()
            alert = self.get(alert_id)
        return alert

    async def place(self, name: str) -> Place | None:
        """See sightline.chassis.access.Locator."""
        alert = await self.find(name)
        return Place(watchlist=alert.watchlist_id, camera=alert.source) if alert else None

    def missing(self, name: str) -> NotFound:
        """See sightline.chassis.access.Locator."""
        return NotFound("ALERT_NOT_FOUND", f"There is no alert {name}: `sightline alerts` lists them.")

    def get(self, alert_id: str) -> pb.Alert | None:
        """By id."""
        row = self._db.execute("SELECT record FROM alerts WHERE id = ?", (alert_id,)).fetchone()
        return pb.Alert.FromString(row[0]) if row else None

    def page(
        self, watchlist: str, source: str, before: tuple[int, str] | None, limit: int, reach: Reach
    ) -> list[pb.Alert]:
        """The newest first, those within reach and older than `before` (creation in ns, id); "" means any."""
        created, alert_id = before or (2**63 - 1, "")
        rows = self._db.execute(
            "SELECT record FROM alerts WHERE (? = '' OR watchlist = ?) AND (? = '' OR source = ?) "
            "AND (? OR watchlist IN (SELECT value FROM json_each(?))) "
            "AND (? OR source IN (SELECT value FROM json_each(?))) "
            "AND (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ?",
            (
                *(watchlist, watchlist, source, source),
                *chosen_ids(reach.watchlists),
                *chosen_ids(reach.cameras),
                *(created, alert_id, limit),
            ),
        )
        return [pb.Alert.FromString(row[0]) for row in rows]

    def put(self, alert: pb.Alert, sequence: int) -> None:
        """Takes in an alert; an older revision than the one that is known changes nothing."""
        row = (alert.id, alert.watchlist_id, alert.source, alert.create_time.ToNanoseconds(), alert.revision)
        with self.applying(sequence):
            self._db.execute(
                "INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET revision = excluded.revision, record = excluded.record WHERE excluded.revision > revision",
                (*row, alert.SerializeToString()),
            )

    async def _apply(self, record: Record) -> None:
        self.put(pb.AlertEvent.FromString(record.data).alert, record.sequence)

    def _position(self) -> int:
        return self.sequence
