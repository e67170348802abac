"""Deliveries that were given up: in the dead letters, as ids and a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.chassis import topology
from sightline.chassis.topology import ALERTS
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.v1 import subscription_service_pb2 as pb

log = structlog.get_logger()

STAGE = "deliveries"


class LostDeliveries:
    """Writes dead letters of deliveries."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def bury(self, subject: str, sequence: int, delivery: pb.Delivery) -> None:
        """Writes one down; the same one has the same id. Raises Unavailable BROKER_UNAVAILABLE."""
        letter = events_pb2.DeadLetter(
            stage=STAGE,
            stream=ALERTS,
            sequence=sequence,
            subject=subject,
            reason=delivery.reason.reason,
            message=delivery.reason.message,
            deliveries=delivery.attempt,
            subscription_id=delivery.subscription_id,
            alert_id=delivery.alert_id,
        )
        letter.time.CopyFrom(delivery.time)
        dedup_id = f"{ALERTS}:{delivery.subscription_id}:{sequence}"
        await self._bus.publish(topology.dead_letters(STAGE), letter, dedup_id=dedup_id)
        log.error(
            "delivery_given_up", alert=delivery.alert_id, attempts=delivery.attempt, reason=delivery.reason.reason
        )
