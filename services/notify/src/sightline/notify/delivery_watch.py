"""For which subscriptions this process delivers: its share of all, by everybody's leases."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from sightline.chassis.bucket_copy import BucketCopy
from sightline.chassis.errors import Conflict, NotFound, SightlineError, Unavailable
from sightline.chassis.roster import Roster
from sightline.chassis.rounds import Rounds
from sightline.chassis.sharing import Sight, first_for, to_let_go, to_take
from sightline.chassis.topology import DELIVERY_LEASES, SUBSCRIPTIONS
from sightline.notify.delivery_holding import DeliveryHolding
from sightline.notify.delivery_places import remove_orphans, remove_places
from sightline.notify.subscription_outbox import send_changes
from sightline.v1 import delivery_records_pb2 as records

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.bus import Bus
    from sightline.chassis.leases import Leases
    from sightline.notify.delivery_holding import Employ
    from sightline.notify.subscriptions import SubscriptionBook

ROUND_S = 1.0
REST_S = 0.1
LET_GO_S = 1.0
STALE_S = 15.0


class DeliveryWatch:
    """Holds subscriptions while the process runs.

    Args:
        bus: to the broker that has the buckets.
        book: the records.
        leases: what decides who delivers.
        employ: makes a postman for a subscription, under its lease.
    """

    def __init__(self, bus: Bus, book: SubscriptionBook, leases: Leases, employ: Employ) -> None:
        self._bus = bus
        self._book = book
        self._leases = leases
        self._employ = employ
        self._rounds = Rounds("deliveries", self._look, ROUND_S, rest=REST_S)
        self._records = BucketCopy(bus, SUBSCRIPTIONS, records.SubscriptionRecord.FromString, self.wake)
        self._roster = Roster(bus, DELIVERY_LEASES, leases.holder, self.wake)
        self._held: dict[str, DeliveryHolding] = {}
        self._let_go_at = time.monotonic()

    def wake(self) -> None:
        """Look at the records now, as one was changed."""
        self._rounds.wake()

    def record(self, subscription_id: str) -> records.SubscriptionRecord | None:
        """As it was last heard of; None: it is gone."""
        entry = self._records.entries.get(subscription_id)
        return entry.value if entry else None

    def count(self) -> int:
        """For how many subscriptions this process delivers."""
        return len(self._held)

    async def check(self) -> None:
        """Raises Unavailable while records or leases cannot be read; for health."""
        await self._records.check()
        await self._roster.check()
        if self._rounds.overdue(STALE_S):
            raise Unavailable("SUBSCRIPTIONS_UNREAD", "The subscriptions could not be looked at for some time.")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Delivers while the block runs; at its end every subscription is let go, for others to take."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._records.following())
            await stack.enter_async_context(self._roster.following())
            with suppress(SightlineError):
                await remove_orphans(self._bus, {stored.id for stored in await self._book.all()})
            stack.push_async_callback(self._leave)
            await stack.enter_async_context(self._rounds.running())
            yield

    async def _leave(self) -> None:
        with suppress(SightlineError):
            await self._leases.withdraw()
        for holding in self._held.values():
            holding.stop()
        await asyncio.gather(*(holding.ended() for holding in self._held.values()))

    async def _look(self) -> None:
        await self._leases.announce(since=self._roster.began)
        over = [key for key, holding in self._held.items() if holding.over]
        for subscription_id in over:
            # In this order: what fails is found again by the next look.
            await self._forget(subscription_id)
            del self._held[subscription_id]
        await self._share()
        for subscription_id, entry in list(self._records.entries.items()):
            if entry.value.unsent and self._is_first_for(subscription_id):
                with suppress(NotFound, Conflict):  # deleted in between, or changed: the next round sees it
                    await send_changes(self._bus, self._book, entry.value)

    async def _share(self) -> None:
        all_of_them = self._records.entries.keys()
        free = all_of_them - self._roster.leased() - self._held.keys()
        mine = [key for key, holding in self._held.items() if not holding.stopping]
        others = len(all_of_them) - len(free) - len(mine)
        sight = Sight(self._leases.holder, self._roster.replicas(), free, mine, max(0, others), mine)
        if self._roster.settled:
            for subscription_id in to_take(sight):
                if lease := await self._leases.take(subscription_id):
                    self._held[subscription_id] = DeliveryHolding(subscription_id, lease, self._employ, self.wake)
        if time.monotonic() > self._let_go_at + LET_GO_S:
            for subscription_id in to_let_go(sight):
                self._let_go_at = time.monotonic()
                self._held[subscription_id].stop()

    async def _forget(self, subscription_id: str) -> None:
        """Leaves nothing of a subscription that was deleted, also of what its holder wrote in that moment."""
        if subscription_id in self._records.entries:
            return
        try:
            await self._book.get(subscription_id)
        except NotFound:
            await remove_places(self._bus, subscription_id)

    def _is_first_for(self, subscription_id: str) -> bool:
        return first_for(subscription_id, self._roster.replicas()) == self._leases.holder
