"""Operations that Amazon has ended: whoever calls them is told what there is instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

MESSAGE = (
    "People Pathing ended on 2025-10-31. To follow faces through a stored video use StartFaceDetection, and to find "
    "who is in it StartFaceSearch."
)


async def _retired(_: Call, __: Parameters) -> Answer:
    raise AwsError("AccessDeniedException", MESSAGE)


OPERATIONS: dict[str, Operation] = {"StartPersonTracking": _retired, "GetPersonTracking": _retired}
