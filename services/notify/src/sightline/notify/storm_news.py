"""Beginnings and ends of storms on their way out: written down with the storm, and sent until EVENTS has them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sightline.chassis import topology

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.notify.source_book import SourceBook
    from sightline.v1 import events_pb2, records_pb2


class StormNews:
    """Sends what the records carry; the same news have the same id, however often and by whomever they are sent."""

    def __init__(self, book: SourceBook, bus: Bus) -> None:
        self._book = book
        self._bus = bus

    async def look(self) -> None:
        """One look at all records. What fails is found again by the next one."""
        for source in self._book.sources():
            unsent = list(self._book.known(source).unsent)
            for storm in unsent:
                state = "ended" if storm.HasField("end_time") else "began"
                subject = topology.storm_events(state, source)
                await self._bus.publish(subject, storm, dedup_id=f"{storm.storm_id}.{state}")
            if unsent:
                await self._book.change(source, partial(_forget, unsent))


def _forget(sent: list[events_pb2.AlertStorm], record: records_pb2.SourceRecord) -> bool:
    kept = [storm for storm in record.unsent if storm not in sent]
    changed = len(kept) < len(record.unsent)
    del record.unsent[:]
    record.unsent.extend(kept)
    return changed
