"""Changes of subscriptions' states on their way out: written down with the state, and sent until EVENTS has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis import topology
from sightline.chassis.enum_names import enum_word
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.notify.subscriptions import SubscriptionBook
    from sightline.v1 import delivery_records_pb2 as records

MOST_UNSENT = 64


def note_change(record: records.SubscriptionRecord, before: pb.SubscriptionState) -> None:
    """Writes down that the state is another one than before; whoever stores the record has it sent."""
    subscription = record.subscription
    if subscription.state == before:
        return
    record.changes += 1
    event = record.unsent.add(
        subscription_id=subscription.id,
        name=subscription.name,
        state=subscription.state,
        previous_state=before,
        change=record.changes,
    )
    if subscription.HasField("reason"):
        event.reason.CopyFrom(subscription.reason)
    event.time.GetCurrentTime()
    del record.unsent[:-MOST_UNSENT]


async def send_changes(bus: Bus, book: SubscriptionBook, record: records.SubscriptionRecord) -> None:
    """Sends what the record carries, in order, then takes it out. The same change always has the same id.

    Raises Unavailable BROKER_UNAVAILABLE, NotFound SUBSCRIPTION_NOT_FOUND, Conflict SUBSCRIPTION_CHANGED.
    """
    if not record.unsent:
        return
    for event in record.unsent:
        state = enum_word(pb.SubscriptionState, event.state)
        subject = topology.subscription_events(state, event.subscription_id)
        await bus.publish(subject, event, dedup_id=f"{event.subscription_id}.{event.change}")
    sent = record.unsent[-1].change

    def forget(stored: records.SubscriptionRecord) -> None:
        kept = [event for event in stored.unsent if event.change > sent]
        del stored.unsent[:]
        stored.unsent.extend(kept)

    await book.change(record.subscription.id, forget)
