"""The records of watchlists and persons: read from the ledger, and changed there by compare-and-set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sightline.chassis.errors import Conflict, FailedPrecondition
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.ledger import WRONG_LAST_SEQUENCE, subject_of
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.match.ledger import Ledger

Record = TypeVar("Record", pb.Watchlist, pb.Person)
Change: TypeAlias = Callable[[Record | None], Record | None]
"""From the newest record (None: there is none) to the next one (None: there is nothing to change)."""
TRIES = 5


class Records:
    """Of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def read(self, known: Record) -> tuple[Record | None, int]:
        """The newest record, and the sequence on which a change of it depends.

        Args:
            known: the record as the projection has it; without a create_time: only where it would be.

        Returns:
            None for the record where it is deleted, or its key destroyed.
        """
        last = await self._ledger.last(_subject(known))
        if last is None:
            # Whoever was imported in a chunk has no entry of their own before they are changed.
            return (_plain(known) if known.HasField("create_time") else None), 0
        if last.record is None:
            return None, last.sequence
        if isinstance(known, pb.Watchlist):
            return last.record.watchlist, last.sequence
        return last.record.person, last.sequence

    async def write(self, record: Record, expected: int) -> int:
        """Writes it, and returns its sequence. Raises FailedPrecondition WRONG_LAST_SEQUENCE."""
        if isinstance(record, pb.Watchlist):
            entry = records_pb2.LedgerRecord(watchlist=record)
        else:
            entry = records_pb2.LedgerRecord(person=record)
        return await self._ledger.append(_subject(record), record.id, entry, expected=expected)

    async def change(self, known: Record, change: Change[Record]) -> int:
        """Writes what `change` makes of the newest record; again, where somebody else was faster.

        Returns:
            The sequence of the entry; 0 where `change` gave None: there is nothing to write.

        Raises:
            Conflict: RECORD_CHANGED, somebody else was faster each time.
        """
        for _ in range(TRIES):
            record, sequence = await self.read(known)
            after = change(record)
            if after is None:
                return 0
            try:
                return await self.write(after, sequence)
            except FailedPrecondition as error:
                if error.reason != WRONG_LAST_SEQUENCE:
                    raise
        raise changed_meanwhile()


def changed_meanwhile() -> Conflict:
    """The error of whoever lost each race."""
    return Conflict("RECORD_CHANGED", "Somebody else keeps changing it: read it again and repeat.")


def _subject(record: pb.Watchlist | pb.Person) -> str:
    if isinstance(record, pb.Watchlist):
        return subject_of(record.id, GalleryKind.WATCHLIST, record.id)
    return subject_of(record.watchlist_id, GalleryKind.PERSON, record.id)


def _plain(known: Record) -> Record:
    """Without what the projection adds."""
    record = type(known)()
    record.CopyFrom(known)
    record.ClearField("etag")
    return record
