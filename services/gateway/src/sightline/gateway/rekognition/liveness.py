"""Liveness sessions: no model pack has a model of presentation attacks, and without one there is no confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

MESSAGE = (
    "Face Liveness is not served: it takes a model that tells a face from a picture of one, and the model pack of this "
    "installation has none. A confidence without such a model would be made up."
)


async def _create(_: Call, __: Parameters) -> Answer:
    raise AwsError("AccessDeniedException", MESSAGE)


async def _results(_: Call, __: Parameters) -> Answer:
    raise AwsError("SessionNotFoundException", f"There is no such session. {MESSAGE}")


LIVENESS: dict[str, Operation] = {
    "CreateFaceLivenessSession": _create,
    "GetFaceLivenessSessionResults": _results,
}
