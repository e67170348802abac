"""Watchlists get the embedder to which their faces were migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.audit import Audited

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.match.gallery import Gallery
    from sightline.match.projection import GalleryProjection
    from sightline.match.records import Records
    from sightline.v1 import gallery_service_pb2 as pb
    from sightline.v1 import records_pb2


class WatchlistRebinding:
    """Binds and audits: as match, with the purpose "migration"."""

    def __init__(self, records: Records, gallery: Gallery, projection: GalleryProjection, auditor: Auditor) -> None:
        self._records = records
        self._gallery = gallery
        self._projection = projection
        self._auditor = auditor

    async def rebind(self, migration: records_pb2.MigrationRecord) -> None:
        """Every watchlist that is bound to the migration's source. It can be repeated.

        A watchlist's own threshold is a cosine of the old embedder and says nothing of the new one's: it ends.

        Raises:
            Conflict: RECORD_CHANGED.
        """
        for watchlist in self._projection.watchlists():
            if watchlist.embedder_id == migration.source.id:
                what = Audited("gallery.rebind_watchlist", "watchlist", watchlist.id, purpose="migration")
                async with self._auditor.audit(what):
                    what.detail = _detail(watchlist, migration)
                    await self._bind(watchlist, migration.target.id)

    async def _bind(self, watchlist: pb.Watchlist, embedder_id: str) -> None:
        def bound(record: pb.Watchlist | None) -> pb.Watchlist | None:
            if record is None or record.embedder_id == embedder_id:
                return None
            record.embedder_id = embedder_id
            record.ClearField("threshold")
            record.update_time.GetCurrentTime()
            return record

        await self._gallery.applied(await self._records.change(watchlist, bound))


def _detail(watchlist: pb.Watchlist, migration: records_pb2.MigrationRecord) -> str:
    said = f"from embedder {migration.source.id} to {migration.target.id}"
    return f"{said}; its threshold {watchlist.threshold:.4f} ends" if watchlist.HasField("threshold") else said
