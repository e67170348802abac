"""Collections of stream processors that were deleted meanwhile, or have expired: nobody is looked for any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.identity.rights import Rights
from sightline.gateway.rekognition.known_collections import watchlist
from sightline.gateway.rekognition.operators import require_operator
from sightline.gateway.rekognition.processor import Processors
from sightline.gateway.rekognition.services import ask, found
from sightline.gateway.rekognition.stream_camera import StreamCameras
from sightline.v1 import access_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1.access_service_pb2 import WhoAmIRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.gateway.rekognition.call import Call
    from sightline.gateway.rekognition.processor import Processor

_READING = pb.DESCRIPTOR.services_by_name["GalleryService"].methods_by_name["GetWatchlist"]


async def lost_watchlists(call: Call, watchlist_ids: Iterable[str]) -> set[str]:
    """Those that are there no more; of those that the caller may not see it is not said. Raises SightlineError."""
    wanted = set(watchlist_ids)
    if not wanted:
        return wanted
    who = await ask(call, "AccessService.WhoAmI", WhoAmIRequest())
    access: access_pb2.Access = _READING.GetOptions().Extensions[access_pb2.access]  # type: ignore[index]  # the stub of an extension is untyped
    reach = Rights.of(who.grants).reach(access.roles)
    return {
        each for each in wanted if reach is not None and each in reach.watchlists and not await _is_there(call, each)
    }


async def _is_there(call: Call, watchlist_id: str) -> bool:
    request = pb.GetWatchlistRequest(watchlist=watchlist_id)
    return await found(ask(call, "GalleryService.GetWatchlist", request)) is not None


async def give_another(call: Call, processor: Processor) -> None:
    """Gives a stream processor whose collection is lost the one that has its name by now.

    The camera comes first: whoever dies in between does both again.

    Raises:
        AwsError: AccessDeniedException.
        SightlineError: NotFound WATCHLIST_NOT_FOUND, there is none; Conflict, somebody else changes the processor.
    """
    another = (await watchlist(call, processor.collection_id)).id
    await require_operator(call, processor.camera_id, another)
    await StreamCameras(call).match_instead(processor.camera_id, processor.watchlist_id, another)
    await Processors(call.shelf).change(processor.name, watchlist_id=another)
