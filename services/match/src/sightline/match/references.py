"""References: the part of an enrolled picture that is kept, so that a later model can make a template of it."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from nats.js.api import ObjectMeta
from nats.js.errors import NotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.errors import NotFound
from sightline.chassis.owner_key import Sealed
from sightline.chassis.topology import REFERENCES
from sightline.match.vaults import vault_of
from sightline.v1 import embed_service_pb2, records_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from sightline.chassis.bus import Bus
    from sightline.chassis.keyring import KeyRing
    from sightline.chassis.objects import PulledObjects

_CONTEXT = "reference of face "


class KeptReference(NamedTuple):
    """Of which face there is a reference, and whose key sealed it; "" where an older release wrote it."""

    face_id: str
    person_id: str


class References:
    """References in the object store, by face id, each sealed under the key of its person."""

    def __init__(self, store: PulledObjects, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys

    async def put(self, watchlist_id: str, face_id: str, person_id: str, reference: embed_service_pb2.FaceCrop) -> None:
        """Keeps it, in the place of an older one. Raises Unavailable BROKER_UNAVAILABLE."""
        picture, vault = reference.SerializeToString(), vault_of(watchlist_id)
        sealed = await self._keys.seal(person_id, picture, _context(face_id), vault)
        entry = records_pb2.LedgerEntry(key_id=person_id, nonce=sealed.nonce, ciphertext=sealed.ciphertext)
        with answering():
            await self._store.put(face_id, entry.SerializeToString(), ObjectMeta(description=person_id))

    async def get(self, face_id: str) -> embed_service_pb2.FaceCrop:
        """Raises NotFound REFERENCE_NOT_FOUND, none was kept; Unavailable BROKER_UNAVAILABLE."""
        missing = NotFound("REFERENCE_NOT_FOUND", "No reference was kept of this face: enrol its picture again.")
        try:
            with answering():
                data = (await self._store.get(face_id)).data or b""
        except NotFoundError as error:
            raise missing from error
        entry = records_pb2.LedgerEntry.FromString(data)
        try:
            sealed = Sealed(entry.nonce, entry.ciphertext)
            return embed_service_pb2.FaceCrop.FromString(await self._keys.open(entry.key_id, sealed, _context(face_id)))
        except NotFound as error:
            raise missing from error

    async def kept(self) -> AsyncGenerator[KeptReference, None]:
        """All that there are. Raises Unavailable BROKER_UNAVAILABLE."""
        with answering():
            async with aclosing(self._store.there()) as objects:
                async for each in objects:
                    yield KeptReference(each.name, each.description or "")

    async def delete(self, face_id: str) -> None:
        """Removes it, if there is one. Raises Unavailable BROKER_UNAVAILABLE."""
        try:
            with answering():
                await self._store.delete(face_id)
        except NotFoundError:
            return


async def open_references(bus: Bus, keys: KeyRing) -> References:
    """Raises FailedPrecondition NOT_PROVISIONED."""
    return References(await bus.object_store(REFERENCES), keys)


def _context(face_id: str) -> bytes:
    # Associated data: no reference can be moved to another face.
    return (_CONTEXT + face_id).encode()
