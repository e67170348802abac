"""What was given up, handled once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.handling import Delivery
from sightline.notify.alert_body import alert_event
from sightline.notify.attempts import attempt, name_alert
from sightline.v1 import alert_service_pb2, erasure_service_pb2, events_pb2, video_job_service_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sightline.notify.completion_lane import CompletionLane
    from sightline.notify.courier import Courier
    from sightline.notify.dead_letters import Stored
    from sightline.notify.delivery_log import DeliveryLog
    from sightline.notify.erasure_lane import ErasureLane
    from sightline.notify.handler import Alerting
    from sightline.notify.subscriptions import SubscriptionBook


async def retry_sighting(alerting: Alerting, stored: Stored, data: bytes) -> None:
    """A sighting, as if it came once more. Raises as `Alerting.handle`."""
    letter = stored.letter
    again = Delivery(letter.subject, data, letter.sequence, letter.deliveries + 1)
    await alerting.handle(events_pb2.Sighting.FromString(data), again)


async def retry_erasure(erasures: ErasureLane, _: Stored, data: bytes) -> None:
    """A step of an erasure, as if it came once more. Raises as `ErasureLane.handle`."""
    await erasures.handle(erasure_service_pb2.ReceiptEntry.FromString(data))


async def retry_completion(lane: CompletionLane, stored: Stored, data: bytes) -> None:
    """What is said of a job's end, by the same id as before. Raises as `CompletionLane.handle`."""
    letter = stored.letter
    again = Delivery(letter.subject, data, letter.sequence, letter.deliveries + 1)
    await lane.handle(video_job_service_pb2.VideoJobCompletion.FromString(data), again)


async def retry_delivery(
    book: SubscriptionBook,
    courier: Courier,
    log: DeliveryLog,
    clock: Callable[[], datetime],
    stored: Stored,
    data: bytes,
) -> None:
    """A delivery, by the same idempotency id as before, whatever was sent since.

    Raises:
        NotFound: SUBSCRIPTION_NOT_FOUND.
        FailedPrecondition: SUBSCRIPTION_PAUSED, it gets nothing now.
        Unavailable: DELIVERY_FAILED, once more.
    """
    record = (await book.get(stored.letter.subscription_id)).record
    if record.subscription.paused:
        raise FailedPrecondition("SUBSCRIPTION_PAUSED", "The subscription is paused: resume it first.")
    alert = alert_service_pb2.AlertEvent.FromString(data).alert
    sent, delivery = await attempt(courier, record, alert_event(record.subscription.id, alert), clock)
    name_alert(delivery, alert)
    delivery.attempt = stored.letter.deliveries + 1
    await log.write(delivery)
    if not sent.delivered:
        raise Unavailable("DELIVERY_FAILED", f"It failed again, and stays: {sent.reason}: {sent.message}")
