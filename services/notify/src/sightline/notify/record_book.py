"""Protobuf records in a bucket, changed by compare-and-set: nobody's change is written over another's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import Conflict
from sightline.chassis.removal import remove

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from nats.js.kv import KeyValue

R = TypeVar("R", bound="Message")


@dataclass
class Stored(Generic[R]):
    """A record as it was read, with the revision that a write must still meet; 0: there is none yet."""

    key: str
    record: R
    revision: int = 0


class RecordBook(Generic[R]):
    """One kind of record, by key. Every method raises Unavailable BROKER_UNAVAILABLE."""

    def __init__(self, bucket: KeyValue, kind: type[R]) -> None:
        self._bucket = bucket
        self._kind = kind

    async def get(self, key: str) -> Stored[R]:
        """The record of that key; an empty one where there is none."""
        with broker_errors():
            try:
                entry = await self._bucket.get(key)
            except KeyDeletedError as error:
                return Stored(key, self._kind(), error.entry.revision or 0)
            except KeyNotFoundError:
                return Stored(key, self._kind(), 0)
        return Stored(key, self._kind.FromString(entry.value or b""), entry.revision or 0)

    async def forget(self, stored: Stored[R]) -> None:
        """Leaves the mark of a deletion in its place. Raises Conflict RECORD_CHANGED, as `put`."""
        with broker_errors():
            try:
                await remove(self._bucket, stored.key, stored.revision)
            except KeyWrongLastSequenceError as error:
                raise _changed() from error

    async def put(self, stored: Stored[R]) -> None:
        """Writes it back. Raises Conflict RECORD_CHANGED, where somebody else wrote in between."""
        data = stored.record.SerializeToString()
        with broker_errors():
            try:
                stored.revision = await self._bucket.update(stored.key, data, stored.revision)
            except KeyWrongLastSequenceError as error:
                raise _changed() from error


def _changed() -> Conflict:
    return Conflict("RECORD_CHANGED", "The record was changed in between; it is read again.")
