"""Collections and their users, looked up by the names that clients have for them, and by nothing else.

Our services take ids for names, too. Here an id is a name that nobody has: else a client's words would mean one thing
in a list and another in a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import NotFound
from sightline.gateway.rekognition.face_shapes import is_lone
from sightline.gateway.rekognition.services import ask, reasons
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Call


async def known_collection(call: Call, name: str, *, count_persons: bool = False) -> pb.GetWatchlistResponse:
    """The watchlist of that name. Raises SightlineError NotFound WATCHLIST_NOT_FOUND."""
    request = pb.GetWatchlistRequest(watchlist=name, count_persons=count_persons)
    answer: pb.GetWatchlistResponse = await ask(call, "GalleryService.GetWatchlist", request)
    if answer.watchlist.name != name:
        raise NotFound("WATCHLIST_NOT_FOUND", "The collection id does not exist.")
    return answer


async def watchlist(call: Call, collection: str) -> pb.Watchlist:
    """The watchlist of that name. Raises SightlineError NotFound WATCHLIST_NOT_FOUND."""
    found: pb.Watchlist = (await known_collection(call, collection)).watchlist
    return found


async def known_user(call: Call, watchlist_id: str, user: str) -> pb.GetPersonResponse:
    """The person with that external id, with the number of their faces.

    Raises:
        SightlineError: NotFound PERSON_NOT_FOUND; also of whoever stands for a face that is nobody's.
    """
    request = pb.GetPersonRequest(watchlist=watchlist_id, person=user, **reasons(call))
    answer: pb.GetPersonResponse = await ask(call, "GalleryService.GetPerson", request)
    if is_lone(user) or answer.person.external_id != user:
        raise NotFound("PERSON_NOT_FOUND", "The user id does not exist in the collection.")
    return answer
