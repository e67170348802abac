"""Where messages go that could not be handled: a record of the fact, without pixels or templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import structlog
from nats.js.errors import NotFoundError

from sightline.chassis import topology
from sightline.chassis.errors import Internal
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from sightline.chassis.broker_objects import Consumer
    from sightline.chassis.bus import Bus
    from sightline.chassis.errors import SightlineError
    from sightline.chassis.handling import Delivery

log = structlog.get_logger()


async def bury(
    bus: Bus, consumer: Consumer, subject: str, sequence: int, deliveries: int, error: SightlineError
) -> None:
    """Writes a dead letter. The same message is buried once, however often this is called."""
    letter = events_pb2.DeadLetter(
        stage=consumer.name,
        stream=consumer.stream,
        sequence=sequence,
        subject=subject,
        reason=error.reason,
        message=error.message,
        deliveries=deliveries,
    )
    letter.time.GetCurrentTime()
    await bus.publish(
        topology.dead_letters(consumer.name), letter, dedup_id=f"{consumer.stream}:{consumer.name}:{sequence}"
    )


class Undertaker:
    """Buries messages that crashed their stage until the broker gave up on them.

    The broker says so in an advisory. In a work queue the message itself would stay for good, so it is deleted.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._consumers = {(c.stream, c.name): c for c in topology.TOPOLOGY.consumers}
        self._work_queues = {s.name for s in topology.TOPOLOGY.streams if s.work_queue}

    async def handle(self, delivery: Delivery) -> None:
        """Handles one MAX_DELIVERIES advisory."""
        advisory = json.loads(delivery.data)
        consumer = self._consumers.get((advisory["stream"], advisory["consumer"]))
        if consumer is None:
            return
        sequence = advisory["stream_seq"]
        try:
            message = await self._bus.js.get_msg(consumer.stream, sequence)
        except NotFoundError:
            return
        error = Internal("CRASHED", "The stage died or timed out on every delivery of this message.")
        await bury(self._bus, consumer, message.subject or "", sequence, advisory["deliveries"], error)
        if consumer.stream in self._work_queues:
            await self._bus.js.delete_msg(consumer.stream, sequence)
        log.error("message_buried", stage=consumer.name, stream=consumer.stream, sequence=sequence, reason="CRASHED")
