"""Where subscriptions send, and with which secrets: sealed in their records, under a data key of each one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, NotFound
from sightline.chassis.owner_key import Sealed
from sightline.v1 import delivery_records_pb2 as records

if TYPE_CHECKING:
    from sightline.chassis.keyring import KeyRing

_CONTEXT = b"sightline.destination."
# Nothing opens these any more. INSTALLATION_KEY_WRONG is none of them: the right file may come back.
_LOST = frozenset({"KEY_DESTROYED", "RECORD_UNREADABLE", "DATA_KEY_DAMAGED"})


class DestinationVault:
    """Seals and opens destinations.

    Every method raises Unavailable BROKER_UNAVAILABLE, and FailedPrecondition: what is wrong with the file of keys.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def seal(self, subscription_id: str, destination: records.Destination) -> records.SealedDestination:
        """For the subscription's record."""
        sealed = await self._keys.seal(subscription_id, destination.SerializeToString(), _context(subscription_id))
        return records.SealedDestination(nonce=sealed.nonce, ciphertext=sealed.ciphertext)

    async def destination_of(self, record: records.SubscriptionRecord) -> records.Destination:
        """Out of its record. Raises FailedPrecondition DESTINATION_LOST, INSTALLATION_KEY_WRONG as well."""
        subscription_id = record.subscription.id
        sealed = Sealed(record.destination.nonce, record.destination.ciphertext)
        try:
            opened = await self._keys.open(subscription_id, sealed, _context(subscription_id))
        except (NotFound, FailedPrecondition) as error:
            if error.reason not in _LOST:
                raise
            raise FailedPrecondition(
                "DESTINATION_LOST",
                "Where this subscription sends cannot be opened any more: make another one, and delete it.",
            ) from error
        return records.Destination.FromString(opened)

    async def forget(self, subscription_id: str) -> None:
        """Destroys the subscription's key: what was sealed for it is noise, in every backup, too."""
        await self._keys.destroy(subscription_id)


def _context(subscription_id: str) -> bytes:
    return _CONTEXT + subscription_id.encode()
