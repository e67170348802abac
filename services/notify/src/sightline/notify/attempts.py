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
    from sightline.v1 import alert_service_pb2
    from sightline.v1 import delivery_records_pb2 as records


async def attempt(
    courier: Courier, record: records.SubscriptionRecord, event: Outgoing, clock: Callable[[], datetime]
) -> tuple[Sent, pb.Delivery]:
    """Sends an event, and gives the entry of the log."""
    delivery = pb.Delivery(subscription_id=record.subscription.id, webhook_id=event.id, attempt=1)
    delivery.time.FromDatetime(clock())
    started = time.monotonic()
    with tracing.spanning("deliver", tracing.SpanKind.CLIENT, subscription=record.subscription.id) as span:
        sent = await courier.send(record, event)
        tracing.note(span, status=sent.status)
        if not sent.delivered:
            tracing.fail(span, sent.reason)
    delivery.milliseconds = round((time.monotonic() - started) * 1000, 1)
    delivery.http_status = sent.status
    delivery.outcome = pb.DELIVERY_OUTCOME_DELIVERED if sent.delivered else pb.DELIVERY_OUTCOME_FAILED
    if not sent.delivered:
        delivery.reason.reason, delivery.reason.message = sent.reason, sent.message
    return sent, delivery


def name_alert(delivery: pb.Delivery, alert: alert_service_pb2.Alert) -> None:
    """Says which alert it was about."""
    delivery.alert_id, delivery.revision = alert.id, alert.revision
