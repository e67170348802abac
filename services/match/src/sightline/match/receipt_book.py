"""A SQLite copy of the receipts, for lists, and for what is still to be said in them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sightline.chassis.access import Place
from sightline.chassis.errors import NotFound
from sightline.chassis.follower import Follower
from sightline.chassis.projection import Projection, chosen_ids
from sightline.chassis.receipts import Erased, Step
from sightline.chassis.tail import last_sequence, tail
from sightline.chassis.topology import RECEIPTS
from sightline.v1.erasure_service_pb2 import ErasureReceipt, ReceiptEntry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from sightline.chassis.bus import Bus
    from sightline.chassis.identity.rights import Selection
    from sightline.chassis.tail import Record

ALWAYS = (float("-inf"), float("inf"))
SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    sequence INTEGER PRIMARY KEY, receipt TEXT NOT NULL, watchlist TEXT NOT NULL, step TEXT NOT NULL,
    occasion TEXT NOT NULL, time REAL NOT NULL, entry BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS entries_by_receipt ON entries (receipt, sequence);
CREATE INDEX IF NOT EXISTS entries_by_step ON entries (step, receipt, occasion);
"""


class ReceiptBook(Projection):
    """Receipts by id and by watchlist; see `sightline.chassis.projection`."""

    def __init__(self, path: Path, bus: Bus) -> None:
        super().__init__(path, SCHEMA, ("entries",))
        self._bus = bus
        self._follower = Follower(RECEIPTS, lambda after: tail(bus, RECEIPTS, after=after), self._apply, self._position)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Takes in every entry while the block runs; a copy that is ahead of its stream is thrown away first."""
        if self.sequence > await last_sequence(self._bus, RECEIPTS):
            self.clear()
        async with self._follower.running():
            yield

    async def caught_up(self) -> None:
        """Returns once everything that is written now is here. Raises Unavailable RECEIPTS_BEHIND."""
        await self._follower.reached(await last_sequence(self._bus, RECEIPTS))

    async def check(self) -> None:
        """Raises Unavailable while an entry cannot be taken in; for health."""
        await self._follower.check()

    async def place(self, name: str) -> Place | None:
        """See sightline.chassis.access.Locator."""
        receipt = await self.find(name)
        return Place(watchlist=receipt.watchlist_id) if receipt else None

    def missing(self, name: str) -> NotFound:
        """See sightline.chassis.access.Locator."""
        return NotFound("RECEIPT_NOT_FOUND", f"There is no receipt {name}: `sightline erasure list` lists them.")

    async def find(self, receipt_id: str) -> ErasureReceipt | None:
        """By id, also for somebody who deleted a moment ago. Raises Unavailable RECEIPTS_BEHIND."""
        await self.caught_up()
        return self.get(receipt_id)

    def get(self, receipt_id: str) -> ErasureReceipt | None:
        """By id, as far as it is known here."""
        rows = self._db.execute("SELECT entry FROM entries WHERE receipt = ? ORDER BY sequence", (receipt_id,))
        entries = [ReceiptEntry.FromString(row[0]) for row in rows]
        return _receipt(entries) if entries else None

    def page(
        self, chosen: Selection, watchlist_id: str, before: int, limit: int, between: tuple[float, float] = ALWAYS
    ) -> list[tuple[int, ErasureReceipt]]:
        """Receipts with their places, the newest first, those that began before that place.

        Args:
            chosen: watchlists.
            watchlist_id: of one; "": of all of them.
            before: place of the page before.
            limit: at most so many.
            between: when an erasure was asked for, in seconds since 1970: from the one on, before the other.
        """
        query = (
            "SELECT receipt, min(sequence) AS place FROM entries WHERE (? = '' OR watchlist = ?) "
            "AND (? OR watchlist IN (SELECT value FROM json_each(?))) "
            "GROUP BY receipt HAVING place < ? AND (? OR max(step = ? AND time >= ? AND time < ?)) "
            "ORDER BY place DESC LIMIT ?"
        )
        asked = (between == ALWAYS, Step.REQUESTED, *between)
        values = (watchlist_id, watchlist_id, *chosen_ids(chosen), before, *asked, limit)
        rows = self._db.execute(query, values).fetchall()
        return [(place, receipt) for name, place in rows if (receipt := self.get(name))]

    def still_on_disk(self) -> list[tuple[Erased, float]]:
        """Erasures that are over but for the disk, and when their key was destroyed, in seconds since 1970."""
        rows = self._db.execute(
            "SELECT entry FROM entries AS one WHERE step = ? AND NOT EXISTS (SELECT 1 FROM entries AS other "
            "WHERE other.step = ? AND other.receipt = one.receipt AND other.occasion = one.occasion) ORDER BY sequence",
            (Step.KEY_DESTROYED, Step.NOT_ON_DISK),
        )
        found = [ReceiptEntry.FromString(row[0]) for row in rows]
        latest = {Erased(e.watchlist_id, e.person_id, e.occasion): e.time.ToNanoseconds() / 1e9 for e in found}
        return list(latest.items())

    async def _apply(self, record: Record) -> None:
        entry = ReceiptEntry.FromString(record.data)
        time = entry.time.ToNanoseconds() / 1e9
        row = (record.sequence, entry.receipt_id, entry.watchlist_id, entry.step, entry.occasion, time, record.data)
        with self.applying(record.sequence):
            self._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def _position(self) -> int:
        return self.sequence


def _receipt(entries: Sequence[ReceiptEntry]) -> ErasureReceipt:
    first = entries[0]
    receipt = ErasureReceipt(
        id=first.receipt_id,
        watchlist_id=first.watchlist_id,
        person_id=first.person_id,
        request_time=first.time,
        update_time=entries[-1].time,
        entries=entries,
    )
    # Of the last erasure: an earlier one says nothing about it.
    occasion = next((each.occasion for each in reversed(entries) if each.step == Step.REQUESTED), "")
    for each in entries:
        if each.occasion == occasion and each.step == Step.NOT_SEARCHABLE:
            receipt.not_searchable_time.CopyFrom(each.time)
        if each.occasion == occasion and each.step == Step.NOT_ON_DISK:
            receipt.not_on_disk_time.CopyFrom(each.time)
    return receipt
