"""Users and passwords of cameras, sealed: in the camera's record, under a data key of the camera's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, NotFound
from sightline.chassis.owner_key import Sealed
from sightline.ingest.credentials import NO_CREDENTIALS, Credentials
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.chassis.keyring import KeyRing

_CONTEXT = b"sightline.camera-credentials."
# Nothing opens these any more. INSTALLATION_KEY_WRONG is none of them: the right file may come back.
_LOST = frozenset({"KEY_DESTROYED", "RECORD_UNREADABLE", "DATA_KEY_DAMAGED"})
_KEY_UNUSABLE = frozenset({"INSTALLATION_KEY_WRONG", "DATA_KEY_DAMAGED"})


class CredentialVault:
    """A CredentialBook that seals as well.

    Every method raises Unavailable BROKER_UNAVAILABLE, and FailedPrecondition: what is wrong with the file of keys.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def seal(self, camera_id: str, credentials: pb.CameraCredentials) -> records_pb2.SealedCredentials:
        """For the camera's record. Where the key that it has cannot be unwrapped any more it gets another."""
        try:
            return await self._seal(camera_id, credentials)
        except FailedPrecondition as error:
            if error.reason not in _KEY_UNUSABLE:
                raise
        await self.forget(camera_id)
        return await self._seal(camera_id, credentials)

    async def credentials_of(self, record: records_pb2.CameraRecord) -> Credentials:
        """See CredentialBook. Raises FailedPrecondition CREDENTIALS_LOST, INSTALLATION_KEY_WRONG as well."""
        if not record.HasField("credentials"):
            return NO_CREDENTIALS
        sealed = Sealed(record.credentials.nonce, record.credentials.ciphertext)
        try:
            opened = await self._keys.open(record.camera.id, sealed, _context(record.camera.id))
        except (NotFound, FailedPrecondition) as error:
            if error.reason not in _LOST:
                raise
            raise FailedPrecondition(
                "CREDENTIALS_LOST",
                "The camera's user and password cannot be opened any more: give them again with `sightline cameras "
                f"update {record.camera.id} --username …`.",
            ) from error
        stored = pb.CameraCredentials.FromString(opened)
        return Credentials(stored.username, stored.password)

    async def forget(self, camera_id: str) -> None:
        """Destroy the camera's key: what was sealed for it is noise, in every backup, too."""
        await self._keys.destroy(camera_id)

    async def _seal(self, camera_id: str, credentials: pb.CameraCredentials) -> records_pb2.SealedCredentials:
        sealed = await self._keys.seal(camera_id, credentials.SerializeToString(), _context(camera_id))
        return records_pb2.SealedCredentials(nonce=sealed.nonce, ciphertext=sealed.ciphertext)


def _context(camera_id: str) -> bytes:
    return _CONTEXT + camera_id.encode()
