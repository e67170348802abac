"""The `cameras` bucket: what is watched, whether it should run, and how it does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import AlreadyExists, Conflict, NotFound
from sightline.chassis.removal import remove
from sightline.chassis.topology import CAMERAS
from sightline.ingest.outbox import note_change
from sightline.v1 import camera_service_pb2, records_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

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
        """Store a new camera. Raises AlreadyExists CAMERA_EXISTS, Unavailable BROKER_UNAVAILABLE."""
        note_change(record, camera_service_pb2.CameraStatus())
        with broker_errors():
            try:
                await self._bucket.create(record.camera.id, record.SerializeToString())
            except KeyWrongLastSequenceError as error:
                raise AlreadyExists("CAMERA_EXISTS", f"There is a camera {record.camera.id} already.") from error

    async def get(self, camera_id: str) -> StoredCamera:
        """One camera. Raises NotFound CAMERA_NOT_FOUND, Unavailable BROKER_UNAVAILABLE."""
        stored = await self._entry(camera_id)
        if stored.record.HasField("delete_time"):
            raise _not_found(camera_id)
        return stored

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
        return await self._change(self.get, camera_id, edit)

    async def delete(self, camera_id: str) -> None:
        """Forget a camera; what is left of it is gone once its last changes were sent. Raises as `change`."""
        await self.change(camera_id, _bury)

    async def forget_changes(self, camera_id: str, sent: int) -> None:
        """Take changes up to that number, which were sent, out of a record, and a deleted camera's record with them.

        Raises:
            NotFound, Conflict, Unavailable: as `change`.
        """

        def edit(record: records_pb2.CameraRecord) -> None:
            kept = [event for event in record.unsent if event.change > sent]
            del record.unsent[:]
            record.unsent.extend(kept)

        stored = await self._change(self._entry, camera_id, edit)
        if stored.record.HasField("delete_time") and not stored.record.unsent:
            with broker_errors(), suppress(KeyWrongLastSequenceError):  # others do the same
                await remove(self._bucket, camera_id, stored.revision)

    async def _change(
        self,
        read: Callable[[str], Awaitable[StoredCamera]],
        camera_id: str,
        edit: Callable[[records_pb2.CameraRecord], None],
    ) -> StoredCamera:
        for _ in range(_TRIES):
            stored = await read(camera_id)
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

    async def _entry(self, camera_id: str) -> StoredCamera:
        """The record, also what is left of a deleted camera."""
        with broker_errors():
            try:
                entry = await self._bucket.get(camera_id)
            except (KeyNotFoundError, KeyDeletedError) as error:
                raise _not_found(camera_id) from error
        return StoredCamera(records_pb2.CameraRecord.FromString(entry.value or b""), entry.revision or 0)

    async def _ids(self) -> list[str]:
        with broker_errors():
            return await self._bus.keys(CAMERAS)


def _not_found(camera_id: str) -> NotFound:
    return NotFound("CAMERA_NOT_FOUND", f"There is no camera {camera_id}: `sightline cameras list` shows them.")


def _bury(record: records_pb2.CameraRecord) -> None:
    """Leave nothing of a record but what its last changes need."""
    left = records_pb2.CameraRecord(
        camera=camera_service_pb2.Camera(id=record.camera.id, name=record.camera.name),
        status=camera_service_pb2.CameraStatus(state=camera_service_pb2.CAMERA_STATE_DELETED),
        epoch=record.epoch,
        changes=record.changes,
        unsent=record.unsent,
    )
    left.delete_time.GetCurrentTime()
    record.CopyFrom(left)


async def open_cameras(bus: Bus) -> CameraBook:
    """Raises FailedPrecondition NOT_PROVISIONED."""
    return CameraBook(await bus.bucket(CAMERAS), bus)
