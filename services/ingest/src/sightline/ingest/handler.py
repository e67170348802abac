"""The use case: cameras are added, started, stopped and asked how they do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from sightline.chassis.ids import new_id
from sightline.chassis.pages import page_size
from sightline.ingest.source import admit, admit_stored
from sightline.ingest.source_url import mask_credentials
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.chassis.identity.rights import Selection
    from sightline.ingest.cameras import CameraBook
    from sightline.ingest.leases import Leases
    from sightline.ingest.source import SourceRules


class Watching(Protocol):
    """The process's own readings."""

    def wake(self) -> None:
        """Look at the records now."""

    def status(self, camera_id: str, start_ns: int) -> pb.CameraStatus | None:
        """The present status of a run that is read here."""


class CameraDesk:
    """What can be done with cameras. Cameras that it gives carry no passwords."""

    def __init__(self, book: CameraBook, leases: Leases, watching: Watching, rules: SourceRules) -> None:
        self._book = book
        self._leases = leases
        self._watching = watching
        self._rules = rules

    async def create(self, camera: pb.Camera) -> pb.Camera:
        """Add a camera, stopped. Raises InvalidInput as `admit`."""
        await admit(camera.source_url, self._rules)
        record = records_pb2.CameraRecord(camera=camera)
        record.camera.id = new_id()
        record.camera.create_time.GetCurrentTime()
        record.status.state = pb.CAMERA_STATE_STOPPED
        await self._book.add(record)
        return _shown(record)

    async def get(self, camera_id: str) -> pb.Camera:
        """One camera. Raises NotFound CAMERA_NOT_FOUND."""
        return _shown((await self._book.get(camera_id)).record)

    async def page(self, size: int, after: str, chosen: Selection) -> tuple[list[pb.Camera], str]:
        """Those of the chosen cameras whose ids are behind `after`, and the token of the next page ("" at the end)."""
        cameras = [stored for stored in await self._book.all() if stored.id > after and stored.id in chosen]
        size = page_size(size)
        token = cameras[size - 1].id if len(cameras) > size else ""
        return [_shown(stored.record) for stored in cameras[:size]], token

    async def delete(self, camera_id: str) -> None:
        """Stop and forget a camera. Raises NotFound CAMERA_NOT_FOUND."""
        await self._book.delete(camera_id)
        self._watching.wake()

    async def start(self, camera_id: str) -> pb.CameraStatus:
        """Begin to watch; a camera that runs goes on. Raises InvalidInput as `admit`, NotFound CAMERA_NOT_FOUND."""
        await admit_stored((await self._book.get(camera_id)).record.camera.source_url, self._rules)
        await self._book.change(camera_id, _want)
        self._watching.wake()
        return await self.status(camera_id)

    async def stop(self, camera_id: str) -> pb.CameraStatus:
        """Stop watching; the counts stay. Raises NotFound CAMERA_NOT_FOUND."""
        stored = await self._book.get(camera_id)
        present = self._watching.status(camera_id, stored.record.start_time.ToNanoseconds())

        def stop(record: records_pb2.CameraRecord) -> None:
            if not record.wanted:
                return
            record.wanted = False
            record.status.CopyFrom(present or record.status)
            record.status.state = pb.CAMERA_STATE_STOPPED
            record.status.ClearField("reason")

        stored = await self._book.change(camera_id, stop)
        self._watching.wake()
        return stored.record.status

    async def status(self, camera_id: str) -> pb.CameraStatus:
        """How a camera does. Raises NotFound CAMERA_NOT_FOUND."""
        record = (await self._book.get(camera_id)).record
        if not record.wanted:
            return record.status
        if present := self._watching.status(camera_id, record.start_time.ToNanoseconds()):
            return present
        suspended = record.status.state == pb.CAMERA_STATE_SUSPENDED
        if not suspended and not await self._leases.is_held(camera_id):  # whoever wrote the status is gone
            record.status.state = pb.CAMERA_STATE_STARTING
        return record.status


def _want(record: records_pb2.CameraRecord) -> None:
    if record.wanted:
        return
    record.wanted = True
    record.start_time.FromNanoseconds(time.time_ns())
    record.status.CopyFrom(pb.CameraStatus(state=pb.CAMERA_STATE_STARTING, start_time=record.start_time))


def _shown(record: records_pb2.CameraRecord) -> pb.Camera:
    camera = pb.Camera()
    camera.CopyFrom(record.camera)
    camera.source_url = mask_credentials(camera.source_url)
    return camera
