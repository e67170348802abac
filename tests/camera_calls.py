"""CameraService as tests call it."""

from __future__ import annotations

import asyncio

from sightline.v1 import camera_service_pb2 as pb
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub


class Cameras:
    """CameraService with shorter words."""

    def __init__(self, service, channel) -> None:
        self.service = service
        self.channel = channel
        self.stub = CameraServiceStub(channel)

    async def watch(self, url, login="", **fields):
        """Add a camera, which may ask for user:password, and start it; gives its id."""
        camera = pb.Camera(name="c", source_url=str(url), **fields)
        user, _, password = login.partition(":")
        credentials = pb.CameraCredentials(username=user, password=password) if login else None
        request = pb.CreateCameraRequest(camera=camera, credentials=credentials)
        created = (await self.stub.CreateCamera(request)).camera
        await self.stub.StartCamera(pb.StartCameraRequest(camera_id=created.id))
        return created.id

    async def status(self, camera_id):
        """How it does; an ingest that was just started again is waited for."""
        request = pb.GetCameraStatusRequest(camera_id=camera_id)
        return (await self.stub.GetCameraStatus(request, wait_for_ready=True, timeout=60)).status

    async def until(self, camera_id, condition, seconds=60):
        """The first status that meets the condition."""
        async with asyncio.timeout(seconds):
            while not condition(status := await self.status(camera_id)):
                await asyncio.sleep(0.1)
        return status
