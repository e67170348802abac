"""What was given up, handled once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.enum_names import enum_word
from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.handling import Delivery
from sightline.notify.filters import is_due, wants
from sightline.v1 import alert_service_pb2, erasure_service_pb2, events_pb2, video_job_service_pb2
from sightline.v1 import subscription_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sightline.notify.completion_lane import CompletionLane
    from sightline.notify.dead_letters import Stored
    from sightline.notify.delivery_log import DeliveryLog
    from sightline.notify.erasure_lane import ErasureLane
    from sightline.notify.handler import Alerting
    from sightline.notify.subscriptions import SubscriptionBook
    from sightline.notify.telling import Telling


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
    telling: Telling,
    log: DeliveryLog,
    clock: Callable[[], datetime],
    stored: Stored,
    data: bytes,
) -> None:
    """A delivery, by the same idempotency id as before, whatever was sent since.

    Raises:
        NotFound: SUBSCRIPTION_NOT_FOUND.
        FailedPrecondition: SUBSCRIPTION_PAUSED, it gets nothing now; ALERT_NOT_WANTED, it gets no such alerts any more.
        Unavailable: DELIVERY_FAILED, once more.
    """
    record = (await book.get(stored.letter.subscription_id)).record
    alert = alert_service_pb2.AlertEvent.FromString(data).alert
    _require_open(record.subscription, alert, clock())
    sent, delivery = await telling.tell(record, alert)
    delivery.attempt = stored.letter.deliveries + 1
    await log.write(delivery)
    if not sent.delivered:
        raise Unavailable("DELIVERY_FAILED", f"It failed again, and stays: {sent.reason}: {sent.message}")


def _require_open(subscription: pb.Subscription, alert: alert_service_pb2.Alert, now: datetime) -> None:
    """By the same rules as what comes by itself. Raises FailedPrecondition, as `retry_delivery`."""
    if not is_due(subscription, now):
        active = subscription.state == pb.SUBSCRIPTION_STATE_ACTIVE
        state = enum_word(pb.SubscriptionState, subscription.state)
        why = "in its quiet hours: wait" if active else f"{state}: resume it"
        raise FailedPrecondition("SUBSCRIPTION_PAUSED", f"Nothing is sent to the subscription now. It is {why}.")
    if not wants(subscription, alert):
        raise FailedPrecondition(
            "ALERT_NOT_WANTED", "The subscription is not for such alerts any more: drop the letter, or widen it."
        )
