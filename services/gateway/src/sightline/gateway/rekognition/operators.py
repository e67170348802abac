"""What the caller may do as an operator, where the gateway itself does something on their behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.identity.rights import Rights
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
