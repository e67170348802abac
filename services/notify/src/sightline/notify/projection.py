"""A SQLite copy of the alerts' records, for lists of alerts."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.chassis.access import Place
from sightline.chassis.errors import NotFound
from sightline.chassis.follower import Follower
from sightline.chassis.projection import Projection
from sightline.chassis.tail import last_sequence, tail
from sightline.chassis.topology import ALERT_RECORDS
from sightline.notify import decision_rows
from sightline.notify.alert_filter import FIRST_PAGE
from sightline.notify.decision_rows import DecisionRows, settled_time
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1.records_pb2 import AlertRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sightline.chassis.bus import Bus
    from sightline.chassis.tail import Record
    from sightline.notify.alert_filter import AlertFilter

STREAM = f"KV_{ALERT_RECORDS}"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, source TEXT NOT NULL, person TEXT NOT NULL, state INTEGER NOT NULL,
    created INTEGER NOT NULL, due INTEGER, changed INTEGER, settled INTEGER, threshold INTEGER NOT NULL,
    late INTEGER NOT NULL, storm TEXT NOT NULL, alert BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS alerts_by_creation ON alerts (created, id);
CREATE INDEX IF NOT EXISTS alerts_by_watchlist ON alerts (watchlist, created, id);
CREATE INDEX IF NOT EXISTS alerts_by_source ON alerts (source, created, id);
CREATE INDEX IF NOT EXISTS alerts_by_person ON alerts (person, created, id);
CREATE INDEX IF NOT EXISTS alerts_by_state ON alerts (state, created, id);
CREATE INDEX IF NOT EXISTS alerts_by_storm ON alerts (storm, created, id) WHERE storm <> '';
CREATE TABLE IF NOT EXISTS others (person TEXT NOT NULL, alert TEXT NOT NULL, PRIMARY KEY (person, alert));
CREATE INDEX IF NOT EXISTS others_by_alert ON others (alert);
CREATE INDEX IF NOT EXISTS alerts_due ON alerts (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS alerts_unsent ON alerts (changed) WHERE changed IS NOT NULL;
"""
SCHEMA = _SCHEMA + decision_rows.SCHEMA


class AlertProjection(Projection, DecisionRows):
    """Lists of alerts; see `sightline.chassis.projection`."""

    def __init__(self, path: Path, bus: Bus) -> None:
        super().__init__(path, SCHEMA, ("alerts", "others"))
        self._bus = bus
        self._follower = Follower("ALERTS", lambda after: tail(bus, STREAM, after=after), self._apply, self._position)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Takes in every alert while the block runs; a copy that is ahead of its stream is thrown away first."""
        if self.sequence > await last_sequence(self._bus, STREAM):
            self.clear()
        async with self._follower.running():
            yield

    async def caught_up(self) -> None:
        """Returns once every alert that is recorded now is here. Raises Unavailable ALERTS_BEHIND."""
        await self._follower.reached(await last_sequence(self._bus, STREAM))

    async def check(self) -> None:
        """Raises Unavailable while a record cannot be taken in; for health."""
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
        return NotFound("ALERT_NOT_FOUND", f"There is no alert {name}: `sightline alerts list` lists them.")

    def get(self, alert_id: str) -> pb.Alert | None:
        """By id."""
        row = self._db.execute("SELECT alert FROM alerts WHERE id = ?", (alert_id,)).fetchone()
        return pb.Alert.FromString(row[0]) if row else None

    def page(self, wanted: AlertFilter, limit: int) -> list[pb.Alert]:
        """The newest first."""
        condition, values = wanted.condition()
        rows = self._db.execute(
            f"SELECT alert FROM alerts WHERE {condition} ORDER BY created DESC, id DESC LIMIT ?",  # noqa: S608 - our own columns
            (*values, limit),
        )
        return [pb.Alert.FromString(row[0]) for row in rows]

    def collapsed(self, wanted: AlertFilter, limit: int) -> list[tuple[pb.Alert, int]]:
        """As `page`, with of each storm the newest alert alone, and for how many it stands."""
        # What is behind the page counts with the others of its storm.
        condition, values = replace(wanted, before=FIRST_PAGE).condition()
        storm = "PARTITION BY iif(storm = '', id, storm)"
        query = (
            f"SELECT alert, size FROM (SELECT alert, created, id, count(*) OVER ({storm}) AS size, "  # noqa: S608 - our own columns
            f"row_number() OVER ({storm} ORDER BY created DESC, id DESC) AS place FROM alerts WHERE {condition}) "
            "WHERE place = 1 AND (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ?"
        )
        rows = self._db.execute(query, (*values, *wanted.before, limit))
        return [(pb.Alert.FromString(row[0]), row[1]) for row in rows]

    def overdue(self, now: float, limit: int) -> list[str]:
        """Ids of alerts that should have been settled by `now`, in seconds since 1970."""
        rows = self._db.execute("SELECT id FROM alerts WHERE due <= ? LIMIT ?", (int(now * 1e9), limit))
        return [row[0] for row in rows.fetchall()]

    def unsent(self, before: float, limit: int) -> list[str]:
        """Ids of alerts whose newest revision, of before that moment, was not said to anybody."""
        rows = self._db.execute("SELECT id FROM alerts WHERE changed <= ? LIMIT ?", (int(before * 1e9), limit))
        return [row[0] for row in rows.fetchall()]

    def raised_between(self, source: str, since: int, until: int, limit: int) -> dict[str, int]:
        """The newest alerts of a source that were raised in between, and not late: ids, and when (ns since 1970)."""
        query = "SELECT id, created FROM alerts WHERE source = ? AND created BETWEEN ? AND ? AND NOT late"
        rows = self._db.execute(f"{query} ORDER BY created DESC LIMIT ?", (source, since, until, limit))
        return dict(rows.fetchall())

    def count_raised(self, source: str, since: int) -> int:
        """How many were raised since then, and not late."""
        query = "SELECT count(*) FROM alerts WHERE source = ? AND created >= ? AND NOT late"
        return int(self._db.execute(query, (source, since)).fetchone()[0])

    def raised_before(self, moment: float, limit: int) -> list[str]:
        """Ids of alerts of that moment (seconds since 1970) or older, the oldest first."""
        query = "SELECT id FROM alerts WHERE created <= ? ORDER BY created, id LIMIT ?"
        return [row[0] for row in self._db.execute(query, (int(moment * 1e9), limit)).fetchall()]

    def alerts_on(self, person_id: str, until: int | None = None) -> list[str]:
        """Ids of all alerts on a person; of that moment (nanoseconds since 1970) or older, where one is given."""
        query = "SELECT id FROM alerts WHERE person = ?1 AND (?2 IS NULL OR created <= ?2)"
        return [row[0] for row in self._db.execute(query, (person_id, until))]

    def alerts_naming(self, person_id: str, until: int | None = None) -> list[str]:
        """Ids of all alerts on others that have the person as a further candidate; `until` as in `alerts_on`."""
        query = (
            "SELECT id FROM alerts JOIN others ON others.alert = alerts.id "
            "WHERE others.person = ?1 AND (?2 IS NULL OR created <= ?2)"
        )
        return [row[0] for row in self._db.execute(query, (person_id, until))]

    def persons_in(self, watchlist_id: str) -> list[str]:
        """Ids of everybody on whom there is an alert of the watchlist, and of all further candidates of these."""
        query = (
            "SELECT person FROM alerts WHERE watchlist = ?1 UNION "
            "SELECT others.person FROM others JOIN alerts ON alerts.id = others.alert WHERE alerts.watchlist = ?1"
        )
        return [row[0] for row in self._db.execute(query, (watchlist_id,))]

    def put(self, record: AlertRecord, sequence: int) -> None:
        """Takes in an alert's record."""
        alert = record.alert
        due = alert.expire_time.ToNanoseconds() if alert.HasField("expire_time") else None
        sent = record.published_revision >= alert.revision
        row = (alert.id, alert.watchlist_id, alert.source, alert.person.person_id, alert.state)
        times = (alert.create_time.ToNanoseconds(), due, None if sent else alert.update_time.ToNanoseconds())
        decided = (settled_time(alert), round(alert.sighting.threshold * 1000), record.late)
        with self.applying(sequence):
            self._db.execute(
                "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, *times, *decided, alert.storm_id, alert.SerializeToString()),
            )
            self._db.execute("DELETE FROM others WHERE alert = ?", (alert.id,))
            others = {each.person_id for each in alert.sighting.candidates} - {alert.person.person_id}
            self._db.executemany("INSERT INTO others VALUES (?, ?)", ((person, alert.id) for person in others))

    def forget(self, alert_id: str, sequence: int) -> None:
        """Drops an alert whose record is gone."""
        with self.applying(sequence):
            self._db.execute("DELETE FROM alerts WHERE id = ?", (alert_id,))
            self._db.execute("DELETE FROM others WHERE alert = ?", (alert_id,))

    async def _apply(self, record: Record) -> None:
        if record.data:
            self.put(AlertRecord.FromString(record.data), record.sequence)
        else:  # the mark of a deletion
            self.forget(record.subject.rpartition(".")[2], record.sequence)

    def _position(self) -> int:
        return self.sequence
