"""The record of the migration: which one there is, and how far it was decided. Changed by compare-and-set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.ids import derived_id
from sightline.match.ledger import WRONG_LAST_SEQUENCE, subject_of
from sightline.match.records import TRIES, changed_meanwhile
from sightline.v1 import migration_service_pb2, records_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection

# It belongs to no watchlist, and holds nothing of anybody; a ledger's records have both a place and an owner.
_ID = derived_id("the installation's migration")
_SUBJECT = subject_of(_ID, GalleryKind.MIGRATION, _ID)


class MigrationRecords:
    """Of one ledger; whoever changes it waits until the projection has it. Raises Unavailable BROKER_UNAVAILABLE."""

    def __init__(self, ledger: Ledger, gallery: Gallery) -> None:
        self._ledger = ledger
        self._gallery = gallery

    async def change(
        self, change: Callable[[records_pb2.MigrationRecord | None], records_pb2.MigrationRecord | None]
    ) -> None:
        """Writes what `change` makes of the newest record; None: there is nothing to change.

        Raises:
            Conflict: RECORD_CHANGED, somebody else was faster each time.
        """
        for _ in range(TRIES):
            last = await self._ledger.last(_SUBJECT)
            after = change(last.record.migration if last and last.record else None)
            if after is None:
                return
            try:
                record = records_pb2.LedgerRecord(migration=after)
                sequence = await self._ledger.append(_SUBJECT, _ID, record, expected=last.sequence if last else 0)
            except FailedPrecondition as error:
                if error.reason != WRONG_LAST_SEQUENCE:
                    raise
            else:
                await self._gallery.applied(sequence)
                return
        raise changed_meanwhile()

    async def bury(self) -> None:
        """Forgets it."""
        await self._gallery.applied(await self._ledger.bury(_SUBJECT))


def has_watchlists_of(projection: GalleryProjection, embedder: migration_service_pb2.Embedder) -> bool:
    """Whether some are bound to that embedder."""
    return any(each.embedder_id == embedder.id for each in projection.watchlists())


def turned_round(record: records_pb2.MigrationRecord) -> records_pb2.MigrationRecord:
    """A migration to the embedder in use, which is settled: faces that the other one alone has read are read again."""
    back = records_pb2.MigrationRecord(source=record.target, target=record.source, start_time=record.start_time)
    back.state, back.attempt = migration_service_pb2.MIGRATION_STATE_SETTLED, record.attempt
    return back
