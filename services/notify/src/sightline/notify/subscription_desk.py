"""The use case: subscriptions are made, changed, tried, replayed, and asked how they go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from sightline.chassis.errors import Conflict, FailedPrecondition
from sightline.chassis.pages import page_size
from sightline.notify.alert_body import probe_event
from sightline.notify.attempts import attempt
from sightline.notify.signatures import new_secret, rotate, secret_text
from sightline.notify.subscription_access import SubscriptionPlace
from sightline.notify.subscription_record import new_record, shown, url_of
from sightline.v1 import delivery_records_pb2 as records
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sightline.chassis.identity.rights import Reach
    from sightline.notify.courier import Courier
    from sightline.notify.delivery_log import DeliveryLog
    from sightline.notify.destination_vault import DestinationVault
    from sightline.notify.subscription_record import SubscriptionChange
    from sightline.notify.subscriptions import SubscriptionBook

DEFAULT_OVERLAP = timedelta(hours=24)


class Delivering(Protocol):
    """The process's own deliveries."""

    def wake(self) -> None:
        """Look at the records now."""


class SubscriptionDesk:
    """What can be done with subscriptions. Those that it gives carry no secrets.

    Everything raises Unavailable BROKER_UNAVAILABLE; whatever names one NotFound SUBSCRIPTION_NOT_FOUND.

    Args:
        book: the records.
        vault: seals where they send.
        courier: tries it.
        log: what was tried.
        delivering: is told of changes.
        clean: removes what the stream of alerts has of one.
        clock: the present time, aware.
    """

    def __init__(
        self,
        book: SubscriptionBook,
        vault: DestinationVault,
        courier: Courier,
        log: DeliveryLog,
        delivering: Delivering,
        clean: Callable[[str], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        self._book = book
        self._vault = vault
        self._courier = courier
        self._log = log
        self._delivering = delivering
        self._clean = clean
        self._clock = clock

    async def create(self, subscription: pb.Subscription, creator_id: str) -> tuple[pb.Subscription, str]:
        """Makes one, from now on, and gives it with its signing secret. Raises as `Courier.check`."""
        self._courier.check(subscription)
        destination, secret = records.Destination(url=url_of(subscription)), ""
        if subscription.HasField("webhook"):
            destination.secrets.append(new_secret())
            secret = secret_text(destination.secrets[0])
        record = new_record(subscription, creator_id)
        record.destination.CopyFrom(await self._vault.seal(record.subscription.id, destination))
        await self._book.add(record)
        self._delivering.wake()
        return shown(record), secret

    async def record(self, subscription_id: str) -> records.SubscriptionRecord:
        """One of them as it is stored."""
        return (await self._book.get(subscription_id)).record

    async def get(self, subscription_id: str) -> pb.Subscription:
        """One of them."""
        return shown(await self.record(subscription_id))

    async def page(self, size: int, after: str, reach: Reach) -> tuple[list[pb.Subscription], str]:
        """Those within reach whose ids are behind `after`, and the token of the next page."""
        size = page_size(size)
        found = [
            stored.record
            for stored in await self._book.all()
            if stored.id > after and SubscriptionPlace.of(stored.record.subscription).within(reach)
        ]
        token = found[size - 1].subscription.id if len(found) > size else ""
        return [shown(record) for record in found[:size]], token

    async def update(
        self, subscription_id: str, change: SubscriptionChange, permit: Callable[[pb.Subscription], None]
    ) -> pb.Subscription:
        """Changes one; whoever delivers goes on with what it is then.

        `permit` raises where the caller may not have it as it is, or as it would be; others may change it meanwhile.

        Raises:
            Conflict: ETAG_DIFFERS, SUBSCRIPTION_CHANGED.
            InvalidInput: as `SubscriptionChange.apply`, and as `Courier.check`.
            FailedPrecondition: DESTINATION_LOST, and what is wrong with the file of keys.
        """
        record = await self.record(subscription_id)
        _edit(records.SubscriptionRecord.FromString(record.SerializeToString()), change, permit)  # what is wrong, first
        if change.names_channel:
            self._courier.check(change.changes)
            destination = await self._vault.destination_of(record)
            destination.url = url_of(change.changes)
            change = replace(change, destination=await self._vault.seal(subscription_id, destination))
        stored = await self._book.change(subscription_id, lambda record: _edit(record, change, permit))
        self._delivering.wake()
        return shown(stored.record)

    async def delete(self, subscription_id: str) -> None:
        """Forgets one, with its place, and destroys the key of its secrets."""
        await self._book.get(subscription_id)
        # First: a deletion that was interrupted can be repeated while the record is there.
        await self._vault.forget(subscription_id)
        await self._book.delete(subscription_id)
        await self._clean(subscription_id)
        self._delivering.wake()

    async def test(self, subscription_id: str) -> pb.Delivery:
        """Sends a test event, once."""
        record = await self.record(subscription_id)
        _, delivery = await attempt(self._courier, record, probe_event(subscription_id, self._clock()), self._clock)
        await self._log.write(delivery)
        return delivery

    async def rotate_secret(self, subscription_id: str, overlap: timedelta) -> tuple[pb.Subscription, str]:
        """Gives a webhook another secret.

        Raises:
            FailedPrecondition: NO_SIGNING_SECRET, it is no webhook; DESTINATION_LOST.
            Conflict: SUBSCRIPTION_CHANGED.
        """
        record = await self.record(subscription_id)
        if not record.subscription.HasField("webhook"):
            raise FailedPrecondition("NO_SIGNING_SECRET", "Only webhooks are signed, and this is none.")
        destination = await self._vault.destination_of(record)
        before, secret = record.destination.SerializeToString(), rotate(destination, self._clock(), overlap)
        sealed = await self._vault.seal(subscription_id, destination)

        def edit(stored: records.SubscriptionRecord) -> None:
            if stored.destination.SerializeToString() != before:
                raise Conflict("SUBSCRIPTION_CHANGED", "Somebody else changed where it sends; try again.")
            stored.destination.CopyFrom(sealed)
            stored.subscription.update_time.FromDatetime(self._clock())

        stored = await self._book.change(subscription_id, edit)
        return shown(stored.record), secret

    async def replay(self, subscription_id: str, start: datetime) -> pb.Subscription:
        """Begins again at that time; what is to come begins now."""

        def edit(record: records.SubscriptionRecord) -> None:
            record.generation += 1
            record.start_time.FromDatetime(min(start, self._clock()))

        stored = await self._book.change(subscription_id, edit)
        self._delivering.wake()
        return shown(stored.record)

    async def deliveries(self, subscription_id: str, before: int, size: int) -> tuple[list[pb.Delivery], int]:
        """What was tried, the newest first, and from where the next page goes on; 0: this is the last."""
        await self._log.caught_up()
        found = self._log.page(subscription_id, before, size + 1)
        return [delivery for _, delivery in found[:size]], found[size - 1][0] if len(found) > size else 0


def _edit(
    record: records.SubscriptionRecord, change: SubscriptionChange, permit: Callable[[pb.Subscription], None]
) -> None:
    permit(record.subscription)
    change.apply(record)
    permit(record.subscription)
