"""Watchlists that wait for somebody's approval: until then nobody is looked for in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, NotFound, PermissionDenied
from sightline.chassis.etag import require_etag
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.match.erasure import Erasure
    from sightline.match.gallery import Gallery
    from sightline.match.projection import GalleryProjection
    from sightline.match.records import Records


class WatchlistApprovals:
    """The use cases of deciding about a watchlist. One that nobody approves in time expires."""

    def __init__(self, records: Records, gallery: Gallery, projection: GalleryProjection, erasure: Erasure) -> None:
        self._records = records
        self._gallery = gallery
        self._projection = projection
        self._erasure = erasure

    async def approve(self, watchlist: pb.Watchlist, approver: str, etag: str = "") -> pb.Watchlist:
        """Lets people be looked for in it.

        Raises:
            NotFound: WATCHLIST_NOT_FOUND.
            PermissionDenied: OWN_REQUEST.
            FailedPrecondition: WATCHLIST_NOT_PENDING.
            Conflict: ETAG_DIFFERS, or RECORD_CHANGED.
        """

        def approved(record: pb.Watchlist | None) -> pb.Watchlist:
            record = _pending(record, watchlist)
            require_etag(record, etag)
            if record.requester == approver:
                message = "Nobody approves what they asked for themselves: somebody else has to look at it."
                raise PermissionDenied("OWN_REQUEST", message)
            record.approval, record.approver = pb.APPROVAL_APPROVED, approver
            record.ClearField("decide_by_time")
            record.update_time.GetCurrentTime()
            return record

        await self._gallery.applied(await self._records.change(watchlist, approved))
        return self._projection.kept_watchlist(watchlist.id) or watchlist

    async def reject(self, watchlist: pb.Watchlist, approver: str) -> int:
        """Deletes it with everybody in it, and returns how many faces there were. Raises as `approve`."""
        now = int(self._projection.now())

        def rejected(record: pb.Watchlist | None) -> pb.Watchlist:
            record = _pending(record, watchlist)
            record.approval, record.approver = pb.APPROVAL_REJECTED, approver
            # Whatever becomes of this process, the expiry deletes it.
            record.expire_time.FromSeconds(now)
            return record

        await self._gallery.applied(await self._records.change(watchlist, rejected))
        return await self._erasure.watchlist(watchlist)


def require_approved(watchlist: pb.Watchlist) -> None:
    """Raises FailedPrecondition WATCHLIST_NOT_APPROVED while nobody has agreed that people are looked for in it."""
    if watchlist.approval == pb.APPROVAL_PENDING:
        raise FailedPrecondition(
            "WATCHLIST_NOT_APPROVED",
            f"Watchlist '{watchlist.name}' waits for approval: an approver has to look at it "
            "(`sightline watchlists approve`).",
        )


def _pending(record: pb.Watchlist | None, watchlist: pb.Watchlist) -> pb.Watchlist:
    if record is None:
        raise NotFound("WATCHLIST_NOT_FOUND", f"The watchlist '{watchlist.name}' is deleted.")
    if record.approval != pb.APPROVAL_PENDING:
        raise FailedPrecondition("WATCHLIST_NOT_PENDING", f"Watchlist '{watchlist.name}' waits for nobody's approval.")
    return record
