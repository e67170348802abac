"""What the alerts of each camera come to, taken together: a record for each, known to every replica."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sightline.chassis.bucket_copy import BucketCopy
from sightline.chassis.errors import Conflict
from sightline.chassis.topology import ALERT_SOURCES
from sightline.notify.record_book import RecordBook
from sightline.v1.records_pb2 import SourceRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sightline.chassis.bus import Bus
    from sightline.notify.record_book import Stored

CAS_TRIES = 8


class SourceBook:
    """Records are changed by compare-and-set, and read from a copy in memory: most alerts are about no record."""

    def __init__(self, records: RecordBook[SourceRecord], copy: BucketCopy[SourceRecord]) -> None:
        self._records = records
        self._copy = copy
        self._written: dict[str, Stored[SourceRecord]] = {}

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follows the bucket while the block runs. Raises Unavailable COPY_UNREAD."""
        async with self._copy.following():
            yield

    async def check(self) -> None:
        """Raises Unavailable COPY_UNREAD while the records are not known; for health."""
        await self._copy.check()

    def known(self, source: str) -> SourceRecord:
        """The record as it was last heard of or written here, to be read alone; an empty one where there is none."""
        entry, written = self._copy.entries.get(source), self._written.get(source)
        if written and (entry is None or entry.revision <= written.revision):
            return written.record
        return entry.value if entry else SourceRecord()

    def sources(self) -> list[str]:
        """Those that have a record."""
        return [*{**self._copy.entries, **self._written}]

    async def change(self, source: str, change: Callable[[SourceRecord], bool]) -> SourceRecord:
        """Changes a record, as often as somebody else is faster; `change` says whether there is a change.

        Raises:
            Conflict: RECORD_CHANGED, it keeps changing.
            Unavailable: BROKER_UNAVAILABLE.
        """
        for _ in range(CAS_TRIES):
            stored = await self._records.get(source)
            if change(stored.record):
                try:
                    await self._records.put(stored)
                except Conflict:
                    continue
            self._written[source] = stored
            return stored.record
        raise Conflict("RECORD_CHANGED", "The source's record keeps changing: try again.")


async def open_source_book(bus: Bus) -> SourceBook:
    """Raises FailedPrecondition NOT_PROVISIONED."""
    records = RecordBook(await bus.bucket(ALERT_SOURCES), SourceRecord)
    return SourceBook(records, BucketCopy(bus, ALERT_SOURCES, SourceRecord.FromString))
