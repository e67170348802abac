"""Stream processors as far as their caller may see them: whoever may not see the camera sees no processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition.operators import require_operator
from sightline.gateway.rekognition.processor import Processor, Processors, not_there
from sightline.gateway.rekognition.stream_camera import StreamCameras

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Call
    from sightline.v1.camera_service_pb2 import CameraStatus


async def seen(call: Call, name: str) -> tuple[Processor, CameraStatus]:
    """One, and what its camera does. Raises AwsError ResourceNotFoundException."""
    processor = await Processors(call.shelf).get(name)
    status = await StreamCameras(call).status(processor.camera_id)
    if status is None:
        raise not_there(name)
    return processor, status


async def tagged_processor(call: Call, name: str, *, change: bool) -> str:
    """The id by which its tags are kept. Raises AwsError ResourceNotFoundException, AccessDeniedException."""
    processor, _ = await seen(call, name)
    if change:
        await require_operator(call, processor.camera_id, processor.watchlist_id)
    return processor.id
