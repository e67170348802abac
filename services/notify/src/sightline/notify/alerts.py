"""The `alerts` bucket: the truth about alerts, changed by compare-and-set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.errors import Conflict
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

    from sightline.v1 import events_pb2


@dataclass
class Stored:
    """A record as it was read, with the revision that a write must still meet (None: it is new)."""

    key: str
    record: records_pb2.AlertRecord
    revision: int | None


class Alerts:
    """Reads and writes the alerts of one person at one source."""

    def __init__(self, bucket: KeyValue) -> None:
        self._bucket = bucket

    async def get(self, sighting: events_pb2.Sighting) -> Stored:
        """The alerts of the person whom the sighting shows, at its source."""
        key = f"{sighting.watchlist_id}.{sighting.candidates[0].person_id}.{sighting.source}"
        try:
            entry = await self._bucket.get(key)
        except (KeyNotFoundError, KeyDeletedError):
            return Stored(key, records_pb2.AlertRecord(), None)
        return Stored(key, records_pb2.AlertRecord.FromString(entry.value or b""), entry.revision)

    async def put(self, stored: Stored) -> None:
        """Writes it back. Raises Conflict ALERT_CHANGED, where somebody else wrote in between."""
        data = stored.record.SerializeToString()
        try:
            if stored.revision is None:
                stored.revision = await self._bucket.create(stored.key, data)
            else:
                stored.revision = await self._bucket.update(stored.key, data, stored.revision)
        except KeyWrongLastSequenceError as error:
            raise Conflict("ALERT_CHANGED", "The alert was changed in between; it is read again.") from error
