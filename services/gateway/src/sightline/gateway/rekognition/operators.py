"""What the caller may do as an operator, where the gateway itself does something on their behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.identity.rights import Rights
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.services import ask
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2 import WhoAmIRequest

if TYPE_CHECKING:
    from sightline.chassis.identity.rights import Reach
    from sightline.gateway.rekognition.call import Call


async def operator_reach(call: Call) -> Reach | None:
    """The watchlists and cameras of the caller's role of an operator; None: they have none. Raises SightlineError."""
    who = await ask(call, "AccessService.WhoAmI", WhoAmIRequest())
    return Rights.of(who.grants).reach([access_pb2.ROLE_OPERATOR])


async def subject_of(call: Call) -> str:
    """The caller's id, by which services tell callers apart. Raises SightlineError."""
    return str((await ask(call, "AccessService.WhoAmI", WhoAmIRequest())).subject_id)


async def require_operator(call: Call, camera_id: str, watchlist_id: str) -> None:
    """Sees to it that the caller is an operator of a camera, and of the watchlist whose people are looked for in it.

    Raises:
        AwsError: AccessDeniedException.
        SightlineError: what notify answers.
    """
    reach = await operator_reach(call)
    if reach is None or not reach.has(watchlist_id, camera_id):
        raise AwsError(
            "AccessDeniedException",
            "To make, change or delete a stream processor you need the role of an operator, for its collection at its "
            "camera.",
        )
