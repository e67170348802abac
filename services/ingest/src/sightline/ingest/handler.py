"""The use case: cameras are added, changed, started, stopped, looked through, and asked how they do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from sightline.chassis.errors import AlreadyExists, NotFound, ResourceExhausted, request_id_used
from sightline.chassis.pages import page_size
from sightline.ingest.camera_record import alike, new_record, shown, want
from sightline.ingest.credentials import NO_CREDENTIALS, Credentials
from sightline.ingest.snapshot import take_snapshot
from sightline.ingest.source import admit, admit_stored
from sightline.ingest.suspension import resume, suspend, with_suspension
from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from sightline.chassis.identity.rights import Selection
    from sightline.chassis.leases import Leases
    from sightline.ingest.camera_record import CameraChange
    from sightline.ingest.cameras import CameraBook
    from sightline.ingest.credential_vault import CredentialVault
    from sightline.ingest.source import SourceRules
    from sightline.v1 import face_pb2, records_pb2

SNAPSHOTS_AT_ONCE = 4
"""Each has a decoder of its own, beside those of the cameras that are watched."""


class Watching(Protocol):
    """The process's own readings."""

    def wake(self) -> None:
        """Look at the records now."""

    def status(self, camera_id: str, start_ns: int) -> pb.CameraStatus | None:
        """The present status of a run that is read here."""


class CameraDesk:
    """What can be done with cameras. Cameras that it gives carry no passwords.

    Everything raises Unavailable BROKER_UNAVAILABLE; whatever names a camera NotFound CAMERA_NOT_FOUND.
    """

    def __init__(
        self, book: CameraBook, leases: Leases, watching: Watching, rules: SourceRules, vault: CredentialVault
    ) -> None:
        self._book = book
        self._leases = leases
        self._watching = watching
        self._rules = rules
        self._vault = vault
        self._snapshots = 0

    async def create(
        self, camera: pb.Camera, credentials: pb.CameraCredentials | None = None, camera_id: str = ""
    ) -> pb.Camera:
        """Add a camera, stopped; one that is there with that id stays as it is.

        Raises:
            InvalidInput: as `admit` and `check_camera`.
            AlreadyExists: REQUEST_ID_USED, it is there with other settings.
        """
        await admit(camera.source_url, self._rules, _plain(credentials))
        record = new_record(camera, camera_id)
        if camera_id and (known := await self._known(record)):
            return known
        if credentials is not None:
            record.credentials.CopyFrom(await self._vault.seal(record.camera.id, credentials))
        try:
            await self._book.add(record)
        except AlreadyExists as error:  # at this moment, by a call with the same request id; or it was deleted just now
            if known := await self._known(record):
                return known
            raise request_id_used() from error
        return shown(record)

    async def update(
        self, camera_id: str, change: CameraChange, credentials: pb.CameraCredentials | None = None
    ) -> pb.Camera:
        """Change a camera; whoever reads it goes on with what it is then.

        Args:
            camera_id: which.
            change: of its record, without credentials.
            credentials: what they are from now on, where the change names them; None: there are none.

        Raises:
            Conflict: ETAG_DIFFERS, CAMERA_CHANGED.
            InvalidInput: UPDATE_MASK_INVALID, REQUEST_INVALID, CREDENTIALS_NOT_GIVEN, and as `create`.
        """
        record = (await self._book.get(camera_id)).record
        change.apply(record)  # what is wrong with it is said before anything is stored
        given = credentials if change.names_credentials else None
        await self._admit_change(record.camera.source_url, change, given)
        if given is not None:
            change = replace(change, credentials=await self._vault.seal(camera_id, given))
        stored = await self._book.change(camera_id, change.apply)
        if change.names_credentials and given is None:
            await self._vault.forget(camera_id)
        self._watching.wake()
        return shown(stored.record)

    async def get(self, camera_id: str) -> pb.Camera:
        """One camera."""
        return shown((await self._book.get(camera_id)).record)

    async def page(
        self, size: int, after: str, chosen: Selection
    ) -> tuple[list[pb.Camera], list[pb.CameraStatus], str]:
        """Those of the chosen cameras whose ids are behind `after`, how each does, and the token of the next page."""
        records = [stored.record for stored in await self._book.all() if stored.id > after and stored.id in chosen]
        size = page_size(size)
        token = records[size - 1].camera.id if len(records) > size else ""
        statuses = await asyncio.gather(*(self._status_of(record) for record in records[:size]))
        return [shown(record) for record in records[:size]], statuses, token

    async def delete(self, camera_id: str) -> None:
        """Stop and forget a camera, and destroy the key of its credentials."""
        await self._book.get(camera_id)
        await self._vault.forget(camera_id)  # first: a deletion that was interrupted can be repeated while it is there
        await self._book.delete(camera_id)
        self._watching.wake()

    async def start(self, camera_id: str) -> pb.CameraStatus:
        """Begin to watch; a camera that runs goes on. Raises InvalidInput as `admit`."""
        await admit_stored((await self._book.get(camera_id)).record.camera.source_url, self._rules)
        await self._book.change(camera_id, want)
        self._watching.wake()
        return await self.status(camera_id)

    async def stop(self, camera_id: str) -> pb.CameraStatus:
        """Stop watching; the counts stay."""
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
        return with_suspension(stored.record.status, stored.record)

    async def suspend(
        self, camera_id: str, why: face_pb2.Problem, since_ns: int | None
    ) -> tuple[pb.CameraStatus, Timestamp | None]:
        """Have it watched no more until it is resumed, unless it was after `since`, in ns since 1970.

        Returns:
            Its status, and when it was resumed last.
        """
        stored = await self._book.change(camera_id, partial(suspend, why=why, since_ns=since_ns))
        self._watching.wake()
        record = stored.record
        return await self._status_of(record), record.resume_time if record.HasField("resume_time") else None

    async def resume(self, camera_id: str) -> pb.CameraStatus:
        """Have it watched again, as it was before it was suspended."""
        await self._book.change(camera_id, partial(resume, now=datetime.now(UTC)))
        self._watching.wake()
        return await self.status(camera_id)

    async def status(self, camera_id: str) -> pb.CameraStatus:
        """How a camera does."""
        return await self._status_of((await self._book.get(camera_id)).record)

    async def snapshot(self, camera_id: str) -> bytes:
        """What a camera sees now, as JPEG.

        Raises:
            InvalidInput, Unavailable: as `take_snapshot`.
            FailedPrecondition: CREDENTIALS_LOST, and what is wrong with the file of keys.
            ResourceExhausted: SNAPSHOTS_BUSY.
        """
        if self._snapshots >= SNAPSHOTS_AT_ONCE:
            raise ResourceExhausted("SNAPSHOTS_BUSY", "Others are looking through cameras here: try again in a moment.")
        self._snapshots += 1
        try:
            record = (await self._book.get(camera_id)).record
            credentials = await self._vault.credentials_of(record)
            return await take_snapshot(record.camera, self._rules, credentials)
        finally:
            self._snapshots -= 1

    async def _known(self, record: records_pb2.CameraRecord) -> pb.Camera | None:
        """The camera with that id; None: there is none. Raises AlreadyExists REQUEST_ID_USED."""
        try:
            known = (await self._book.get(record.camera.id)).record
        except NotFound:
            return None
        if not alike(record, known):
            raise request_id_used()
        return shown(known)

    async def _admit_change(self, url: str, change: CameraChange, given: pb.CameraCredentials | None) -> None:
        if "source_url" in change.mask.paths:
            await admit(url, self._rules, _plain(given))
        elif given is not None:
            await admit_stored(url, self._rules, _plain(given))

    async def _status_of(self, record: records_pb2.CameraRecord) -> pb.CameraStatus:
        return with_suspension(await self._present_status(record), record)

    async def _present_status(self, record: records_pb2.CameraRecord) -> pb.CameraStatus:
        suspended = record.status.state == pb.CAMERA_STATE_SUSPENDED  # also where its reader has not noticed yet
        if suspended or not record.wanted:
            return record.status
        camera_id = record.camera.id
        if present := self._watching.status(camera_id, record.start_time.ToNanoseconds()):
            return present
        if not await self._leases.is_held(camera_id):  # whoever wrote the status is gone
            record.status.state = pb.CAMERA_STATE_STARTING
        return record.status


def _plain(credentials: pb.CameraCredentials | None) -> Credentials:
    return Credentials(credentials.username, credentials.password) if credentials else NO_CREDENTIALS
