"""A SQLite copy of the alerts for lists. A cache of the ALERTS stream: it can be deleted and is built again."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Unavailable
from sightline.chassis.tail import last_sequence, tail
from sightline.chassis.topology import ALERTS
from sightline.v1 import alert_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sightline.chassis.bus import Bus

log = structlog.get_logger()

RETRY_PAUSE = 1.0
TAKE_IN_TIMEOUT = 5.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, source TEXT NOT NULL,
    created INTEGER NOT NULL, revision INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS alerts_by_creation ON alerts (created DESC, id DESC);
"""


class Projection:
    """Lists of alerts; follows the stream while `following`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(SCHEMA)
        self._moved = asyncio.Condition()
        self._trouble: str | None = None

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @property
    def sequence(self) -> int:
        """The stream's sequence up to which this copy is true."""
        row = self._db.execute("SELECT sequence FROM progress").fetchone()
        return int(row[0]) if row else 0

    @asynccontextmanager
    async def following(self, bus: Bus) -> AsyncIterator[None]:
        """Takes in every alert while the block runs; a copy that is ahead of its stream is thrown away first."""
        if self.sequence > await last_sequence(bus, ALERTS):
            self._db.executescript("DELETE FROM progress; DELETE FROM alerts;")
        task = asyncio.create_task(self._follow(bus), name="alerts")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def taken_in(self, sequence: int) -> None:
        """Returns once that record of the stream, or a later one, is in. Raises Unavailable ALERTS_BEHIND."""
        try:
            async with asyncio.timeout(TAKE_IN_TIMEOUT), self._moved:
                await self._moved.wait_for(lambda: self.sequence >= sequence)
        except TimeoutError as error:
            raise Unavailable("ALERTS_BEHIND", "The list of alerts is behind: try again soon.") from error

    async def check(self) -> None:
        """Raises Unavailable while a record of the stream cannot be taken in; for health."""
        if self._trouble:
            raise Unavailable("ALERTS_STUCK", f"A record of the alerts cannot be taken in: {self._trouble}")

    def get(self, alert_id: str) -> pb.Alert | None:
        """By id."""
        row = self._db.execute("SELECT record FROM alerts WHERE id = ?", (alert_id,)).fetchone()
        return pb.Alert.FromString(row[0]) if row else None

    def page(self, watchlist: str, source: str, before: tuple[int, str] | None, limit: int) -> list[pb.Alert]:
        """The newest first, those older than `before` (creation in ns, id); "" means any."""
        created, alert_id = before or (2**63 - 1, "")
        rows = self._db.execute(
            "SELECT record FROM alerts WHERE (? = '' OR watchlist = ?) AND (? = '' OR source = ?) "
            "AND (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ?",
            (watchlist, watchlist, source, source, created, alert_id, limit),
        )
        return [pb.Alert.FromString(row[0]) for row in rows]

    def put(self, alert: pb.Alert, sequence: int) -> None:
        """Takes in an alert; an older revision than the one that is known changes nothing."""
        row = (alert.id, alert.watchlist_id, alert.source, alert.create_time.ToNanoseconds(), alert.revision)
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute(
                "INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET revision = excluded.revision, record = excluded.record WHERE excluded.revision > revision",
                (*row, alert.SerializeToString()),
            )
            self._db.execute("INSERT OR REPLACE INTO progress VALUES (1, ?)", (sequence,))

    async def _follow(self, bus: Bus) -> None:
        while True:
            try:
                async with aclosing(tail(bus, ALERTS, after=self.sequence)) as records:
                    async for record in records:
                        self.put(pb.AlertEvent.FromString(record.data).alert, record.sequence)
                        await self._move()
            except Exception as error:
                self._trouble = f"{type(error).__name__}: {error}"
                log.exception("alert_not_taken_in", sequence=self.sequence)
                await asyncio.sleep(RETRY_PAUSE)

    async def _move(self) -> None:
        self._trouble = None
        async with self._moved:
            self._moved.notify_all()
