from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.enum_names import enum_word
from sightline.chassis.field_mask import mask_text
from sightline.chassis.pages import from_token, page_size, to_token
from sightline.chassis.principal import current_principal, current_reach
from sightline.match.erasure import erased_watchlist
from sightline.match.gallery_audit import audited
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.match.parts import Parts


class WatchlistServicer:
    """The part of GalleryService that is about watchlists."""

    def __init__(self, parts: Parts, auditor: Auditor) -> None:
        self._parts = parts
        self._auditor = auditor

    async def CreateWatchlist(self, request: pb.CreateWatchlistRequest, _: Any) -> pb.CreateWatchlistResponse:
        """See the contract."""
        what = Audited("gallery.create_watchlist", "watchlist", purpose=request.watchlist.purpose)
        async with self._auditor.audit(what):
            subject = current_principal().subject
            watchlist = await self._parts.watchlists.create(request.watchlist, subject, request.request_id)
            what.object_id, what.detail = watchlist.id, _settings_text(watchlist)
        return pb.CreateWatchlistResponse(watchlist=watchlist)

    async def GetWatchlist(self, request: pb.GetWatchlistRequest, _: Any) -> pb.GetWatchlistResponse:
        """See the contract."""
        watchlist = self._parts.watchlists.get(request.watchlist)
        named = self._parts.persons.count_named(watchlist) if request.count_persons else 0
        return pb.GetWatchlistResponse(watchlist=watchlist, named_person_count=named)

    async def ListWatchlists(self, request: pb.ListWatchlistsRequest, _: Any) -> pb.ListWatchlistsResponse:
        """See the contract."""
        size, after = page_size(request.page_size), from_token(request.page_token)
        found = self._parts.watchlists.list(after, size + 1, current_reach().watchlists, request.name_prefix)
        token = to_token(found[size - 1].name) if len(found) > size else ""
        return pb.ListWatchlistsResponse(watchlists=found[:size], next_page_token=token)

    async def UpdateWatchlist(self, request: pb.UpdateWatchlistRequest, _: Any) -> pb.UpdateWatchlistResponse:
        """See the contract."""
        what = audited("update_watchlist", "watchlist", request)
        async with self._auditor.audit(what):
            what.object_id = self._parts.watchlists.get(request.watchlist).id
            what.detail = mask_text(request.update_mask)
            watchlist = await self._parts.watchlists.update(
                request.watchlist, request.changes, request.update_mask, request.etag
            )
            what.detail += f"; {_settings_text(watchlist)}"
        return pb.UpdateWatchlistResponse(watchlist=watchlist)

    async def DeleteWatchlist(self, request: pb.DeleteWatchlistRequest, _: Any) -> pb.DeleteWatchlistResponse:
        """See the contract."""
        what = audited("delete_watchlist", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            what.object_id = watchlist.id
            deleted = await self._parts.watchlists.delete(request.watchlist)
            what.detail = f"{deleted} faces"
        return pb.DeleteWatchlistResponse(deleted_faces=deleted, receipt_id=erased_watchlist(watchlist).receipt_id)


def _settings_text(watchlist: pb.Watchlist) -> str:
    """What decides who is found, and who looks: whoever changed it has to answer for it."""
    policy = enum_word(pb.ReviewPolicy, watchlist.review_policy)
    said = [f"review {policy}", f"cooldown {watchlist.cooldown.ToSeconds()} s"]
    if watchlist.HasField("threshold"):
        said.append(f"threshold {watchlist.threshold:.4f}")
    if target := watchlist.WhichOneof("target"):
        said.append(" ".join(f"{target} {getattr(watchlist, target)}".split()))
    if watchlist.keep_references:
        said.append("keeps references")
    if watchlist.approval:
        said.append(f"approval {enum_word(pb.Approval, watchlist.approval)}")
    if watchlist.HasField("expire_time"):
        said.append(f"expires {watchlist.expire_time.ToJsonString()}")
    return ", ".join(said)
