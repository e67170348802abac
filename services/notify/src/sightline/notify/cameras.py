"""Cameras, as ingest has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from sightline.chassis.rpc import from_rpc_error
from sightline.notify.suspending import Answer
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub

if TYPE_CHECKING:
    from sightline.v1 import records_pb2

CALL_SECONDS = 10.0


class IngestCameras:
    """A CameraSuspender (of sightline.notify.suspending) on CameraService."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = CameraServiceStub(channel)

    async def suspend(self, camera_id: str, wish: records_pb2.SuspensionWish) -> Answer:
        """See CameraSuspender."""
        request = pb.SuspendCameraRequest(
            camera_id=camera_id, reason=wish.reason, message=wish.message, since=wish.since
        )
        try:
            response = await self._stub.SuspendCamera(request, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "ingest") from error
        resumed = response.resume_time if response.HasField("resume_time") else None
        kept = resumed is not None and resumed.ToNanoseconds() > wish.since.ToNanoseconds()
        return Answer(not kept, resumed)
