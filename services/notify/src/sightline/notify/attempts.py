"""One attempt: sent, timed and written down. What comes of it is for others to decide."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sightline.chassis import tracing
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sightline.notify.courier import Courier
    from sightline.notify.sending import Outgoing, Sent
    from sightline.v1 import delivery_records_pb2 as records


async def attempt(
    courier: Courier, record: records.SubscriptionRecord, event: Outgoing, clock: Callable[[], datetime]
) -> tuple[Sent, pb.Delivery]:
    """Sends an event, and gives the entry of the log."""
    began, started = clock(), time.monotonic()
    with tracing.spanning("deliver", tracing.SpanKind.CLIENT, subscription=record.subscription.id) as span:
        sent = await courier.send(record, event)
        tracing.note(span, status=sent.status)
        if not sent.delivered:
            tracing.fail(span, sent.reason)
    delivery = entry_of(record.subscription.id, event.id, sent, began)
    delivery.milliseconds = round((time.monotonic() - started) * 1000, 1)
    return sent, delivery


def entry_of(subscription_id: str, webhook_id: str, sent: Sent, began: datetime) -> pb.Delivery:
    """The entry of the log for what came of an attempt that began then."""
    delivery = pb.Delivery(subscription_id=subscription_id, webhook_id=webhook_id, attempt=1, http_status=sent.status)
    delivery.time.FromDatetime(began)
    delivery.outcome = pb.DELIVERY_OUTCOME_DELIVERED if sent.delivered else pb.DELIVERY_OUTCOME_FAILED
    if not sent.delivered:
        delivery.reason.reason, delivery.reason.message = sent.reason, sent.message
    return delivery
