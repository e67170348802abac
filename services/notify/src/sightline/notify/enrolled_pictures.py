"""Pictures of enrolled faces, asked from match, which keeps them where the watchlist says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from sightline.chassis.errors import NotFound
from sightline.chassis.rpc import from_rpc_error
from sightline.v1.gallery_service_pb2 import GetFaceReferenceRequest
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub

if TYPE_CHECKING:
    from grpc.aio import Channel


class RpcEnrolledPictures:
    """An EnrolledPictures (of sightline.notify.evidence) on match's GalleryService."""

    def __init__(self, channel: Channel, timeout: float) -> None:
        """`timeout` is in seconds."""
        self._gallery = GalleryServiceStub(channel)
        self._timeout = timeout

    async def picture(self, watchlist_id: str, face_id: str) -> bytes:
        """See EnrolledPictures. Raises NotFound REFERENCE_NOT_FOUND, and what match answers, or that it does not."""
        if not face_id:
            raise NotFound("REFERENCE_NOT_FOUND", "The sighting names no face.")
        request = GetFaceReferenceRequest(watchlist=watchlist_id, face_id=face_id, purpose="alert")
        try:
            answer = await self._gallery.GetFaceReference(request, timeout=self._timeout)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "match") from error
        return bytes(answer.reference.image.encoded)
