"""The `cameras` bucket: what is watched, whether it should run, and how it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import Conflict, NotFound
from sightline.chassis.topology import CAMERAS
from sightline.ingest.outbox import note_change
from sightline.v1 import camera_service_pb2, records_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.js.kv import KeyValue

    from sightline.chassis.bus import Bus

_TRIES = 10


@dataclass(frozen=True)
class StoredCamera:
    """A camera's record with its revision."""

    record: records_pb2.CameraRecord
    revision: int

    @property
    def id(self) -> str:
        """Of the camera."""
        return self.record.camera.id


class CameraBook:
    """Reads and writes camera records; every change is a compare-and-set."""

    def __init__(self, bucket: KeyValue, bus: Bus) -> None:
        self._bucket = bucket
        self._bus = bus

    async def add(self, record: records_pb2.CameraRecord) -> None:
        """Store a new camera. Raises Unavailable BROKER_UNAVAILABLE."""
        note_change(record, camera_service_pb2.CameraStatus())
        with broker_errors():
            await self._bucket.create(record.camera.id, record.SerializeToString())

    async def get(self, camera_id: str) -> StoredCamera:
        """One camera. Raises NotFound CAMERA_NOT_FOUND, Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            try:
                entry = await self._bucket.get(camera_id)
            except (KeyNotFoundError, KeyDeletedError) as error:
                raise NotFound(
                    "CAMERA_NOT_FOUND", f"There is no camera {camera_id}: `sightline cameras list` shows them."
                ) from error
        return StoredCamera(records_pb2.CameraRecord.FromString(entry.value or b""), entry.revision or 0)

    async def all(self) -> list[StoredCamera]:
        """Every camera, by id. Raises Unavailable BROKER_UNAVAILABLE."""
        found = []
        for camera_id in await self._ids():
            try:
                found.append(await self.get(camera_id))
            except NotFound:  # deleted in between
                continue
        return found

    async def change(self, camera_id: str, edit: Callable[[records_pb2.CameraRecord], None]) -> StoredCamera:
        """Edit a record and store it, unless it stays as it was; it is edited again where somebody wrote in between.

        Raises:
            NotFound: CAMERA_NOT_FOUND.
            Conflict: CAMERA_CHANGED, others never let it through.
            Unavailable: BROKER_UNAVAILABLE.
        """
        for _ in range(_TRIES):
            stored = await self.get(camera_id)
            before = records_pb2.CameraRecord.FromString(stored.record.SerializeToString())
            edit(stored.record)
            if stored.record == before:
                return stored
            note_change(stored.record, before.status)
            with broker_errors():
                try:
                    data = stored.record.SerializeToString()
                    revision = await self._bucket.update(camera_id, data, stored.revision)
                except KeyWrongLastSequenceError:
                    continue
            return StoredCamera(stored.record, revision)
        raise Conflict("CAMERA_CHANGED", f"Camera {camera_id} is being changed by others; try again.")

    async def delete(self, camera_id: str) -> None:
        """Forget a camera. Raises as `get`."""
        await self.get(camera_id)
        with broker_errors():
            await self._bucket.delete(camera_id)

    async def _ids(self) -> list[str]:
        with broker_errors():
            return await self._bus.keys(CAMERAS)


async def open_cameras(bus: Bus) -> CameraBook:
    """Raises FailedPrecondition NOT_PROVISIONED."""
    return CameraBook(await bus.bucket(CAMERAS), bus)
