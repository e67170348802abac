"""The `subscriptions` bucket: who is told of alerts, where, and how that goes. Every change is a compare-and-set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import Conflict, NotFound
from sightline.chassis.topology import SUBSCRIPTIONS
from sightline.notify.subscription_outbox import note_change
from sightline.v1 import delivery_records_pb2 as records
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.js.kv import KeyValue

    from sightline.chassis.bus import Bus

_TRIES = 10


@dataclass(frozen=True)
class StoredSubscription:
    """A subscription's record with its revision."""

    record: records.SubscriptionRecord
    revision: int

    @property
    def id(self) -> str:
        """Of the subscription."""
        return self.record.subscription.id


class SubscriptionBook:
    """Reads and writes records of subscriptions."""

    def __init__(self, bucket: KeyValue, bus: Bus) -> None:
        self._bucket = bucket
        self._bus = bus

    async def add(self, record: records.SubscriptionRecord) -> None:
        """Stores a new one. Raises Unavailable BROKER_UNAVAILABLE."""
        note_change(record, pb.SUBSCRIPTION_STATE_UNSPECIFIED)
        with broker_errors():
            await self._bucket.create(record.subscription.id, record.SerializeToString())

    async def get(self, subscription_id: str) -> StoredSubscription:
        """One of them. Raises NotFound SUBSCRIPTION_NOT_FOUND, Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            try:
                entry = await self._bucket.get(subscription_id)
            except (KeyNotFoundError, KeyDeletedError) as error:
                raise subscription_not_found(subscription_id) from error
        return StoredSubscription(records.SubscriptionRecord.FromString(entry.value or b""), entry.revision or 0)

    async def all(self) -> list[StoredSubscription]:
        """Every one, by id. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            ids = await self._bus.keys(SUBSCRIPTIONS)
        found = []
        for subscription_id in ids:
            try:
                found.append(await self.get(subscription_id))
            except NotFound:  # deleted in between
                continue
        return found

    async def change(
        self, subscription_id: str, edit: Callable[[records.SubscriptionRecord], None]
    ) -> StoredSubscription:
        """Edits a record and stores it, unless it stays as it was; again where somebody wrote in between.

        Raises:
            NotFound: SUBSCRIPTION_NOT_FOUND.
            Conflict: SUBSCRIPTION_CHANGED, others never let it through.
            Unavailable: BROKER_UNAVAILABLE.
        """
        for _ in range(_TRIES):
            stored = await self.get(subscription_id)
            before = records.SubscriptionRecord.FromString(stored.record.SerializeToString())
            edit(stored.record)
            if stored.record == before:
                return stored
            note_change(stored.record, before.subscription.state)
            with broker_errors():
                try:
                    data = stored.record.SerializeToString()
                    revision = await self._bucket.update(subscription_id, data, stored.revision)
                except KeyWrongLastSequenceError:
                    continue
            return StoredSubscription(stored.record, revision)
        raise Conflict("SUBSCRIPTION_CHANGED", "The subscription is being changed by others; try again.")

    async def delete(self, subscription_id: str) -> None:
        """Forgets one. Raises as `get`."""
        await self.get(subscription_id)
        with broker_errors():
            await self._bucket.delete(subscription_id)


async def open_subscriptions(bus: Bus) -> SubscriptionBook:
    """Raises FailedPrecondition NOT_PROVISIONED."""
    return SubscriptionBook(await bus.bucket(SUBSCRIPTIONS), bus)


def subscription_not_found(subscription_id: str) -> NotFound:
    """The error of an id that no subscription has."""
    return NotFound(
        "SUBSCRIPTION_NOT_FOUND",
        f"There is no subscription {subscription_id}: `sightline subscriptions list` shows them.",
    )
