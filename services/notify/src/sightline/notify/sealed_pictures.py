"""Pictures in the object store, each sealed under the key of the person whom it is about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError, ObjectNotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.errors import NotFound, Unavailable
from sightline.chassis.owner_key import Sealed
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from nats.js.object_store import ObjectStore

    from sightline.chassis.keyring import KeyRing

READ_TIMEOUT = 10.0
_CONTEXT = "evidence "


class SealedPictures:
    """The `evidence` object store; every method raises Unavailable BROKER_UNAVAILABLE."""

    def __init__(self, store: ObjectStore, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def put(self, name: str, person_id: str, picture: bytes) -> None:
        """Keeps it, in the place of an older one."""
        sealed = await self._keys.seal(person_id, picture, _context(name))
        stored = records_pb2.SealedPicture(person_id=person_id, nonce=sealed.nonce, ciphertext=sealed.ciphertext)
        with answering():
            await self._store.put(name, stored.SerializeToString())

    async def get(self, name: str) -> bytes:
        """Raises NotFound EVIDENCE_NOT_FOUND, also where its key was destroyed; Unavailable EVIDENCE_UNREADABLE."""
        try:
            # A piece may have aged out before its description.
            found = await asyncio.wait_for(self._store.get(name), READ_TIMEOUT)
        except ObjectNotFoundError as error:
            raise _missing() from error
        except TimeoutError as error:
            raise Unavailable("EVIDENCE_UNREADABLE", "The picture does not come: try again soon.") from error
        stored = records_pb2.SealedPicture.FromString(found.data or b"")
        try:
            return await self._keys.open(stored.person_id, Sealed(stored.nonce, stored.ciphertext), _context(name))
        except NotFound as error:
            raise _missing() from error

    async def find(self, name: str) -> bytes:
        """As `get`; empty where there is none."""
        try:
            return await self.get(name)
        except NotFound:
            return b""

    async def delete(self, name: str) -> bool:
        """Removes it with its bytes, and says whether there was one."""
        try:
            with answering():
                await self._store.delete(name)
        except NotFoundError:
            return False
        return True

    async def forget(self, person_id: str) -> None:
        """Makes every picture of a person unreadable, in old copies of the broker's disk too."""
        await self._keys.destroy(person_id)


def _context(name: str) -> bytes:
    # Associated data: no picture can be moved to another alert.
    return (_CONTEXT + name).encode()


def _missing() -> NotFound:
    return NotFound("EVIDENCE_NOT_FOUND", "There is no picture of this alert, or not any more.")
