"""Subscriptions' places in the stream of alerts: a durable consumer each, made and removed with them.

A replay makes another one, of the next generation. What the older one had still to send again is given up with it.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from sightline.chassis.bus import broker_errors
from sightline.chassis.topology import ALERTS, delivery_place
from sightline.notify.undelivered import forget_undelivered

if TYPE_CHECKING:
    from collections.abc import Container

    from sightline.chassis.broker_objects import Consumer
    from sightline.chassis.bus import Bus
    from sightline.v1 import delivery_records_pb2 as records

_PREFIX = "subscription-"
_ID_LENGTH = 26


async def ensure_place(bus: Bus, record: records.SubscriptionRecord) -> Consumer:
    """The consumer of the record's generation; made where it is missing. Raises Unavailable BROKER_UNAVAILABLE."""
    place = delivery_place(record.subscription.id, record.generation)
    with broker_errors():
        try:
            await bus.js.consumer_info(ALERTS, place.name)
        except NotFoundError:
            await remove_places(bus, record.subscription.id)
            await bus.js.add_consumer(ALERTS, _config(place, record))
    return place


async def remove_places(bus: Bus, subscription_id: str) -> None:
    """Removes every consumer of a subscription, and what it had still to send. Raises Unavailable."""
    with broker_errors():
        for name in await _names(bus):
            if _owner(name) == subscription_id:
                await bus.js.delete_consumer(ALERTS, name)
    await forget_undelivered(bus, subscription_id)


async def remove_orphans(bus: Bus, living: Container[str]) -> None:
    """Removes the places of subscriptions that are gone. Raises Unavailable BROKER_UNAVAILABLE."""
    with broker_errors():
        names = await _names(bus)
    for subscription_id in {_owner(name) for name in names}:
        if subscription_id not in living:
            await remove_places(bus, subscription_id)


async def _names(bus: Bus) -> list[str]:
    """Of all consumers of subscriptions; the broker gives them in pages."""
    names: list[str] = []
    while found := await bus.js.consumers_info(ALERTS, offset=len(names)):
        names += [info.name for info in found]
    return [name for name in names if name.startswith(_PREFIX)]


def _owner(name: str) -> str:
    return name.removeprefix(_PREFIX)[:_ID_LENGTH]


def _config(place: Consumer, record: records.SubscriptionRecord) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=place.name,
        deliver_policy=DeliverPolicy.BY_START_TIME,
        opt_start_time=record.start_time.ToDatetime(UTC),
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=place.ack_wait,
        max_deliver=place.max_deliver,
        max_ack_pending=place.max_ack_pending,
    )
