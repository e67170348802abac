"""Reads a stream from a sequence on, for good: how ledgers become projections."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import Error as JetStreamError

from sightline.chassis.ids import new_id
from sightline.chassis.pull import ConsumerLost, Pull

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

    from sightline.chassis.bus import Bus

log = structlog.get_logger()

BATCH = 256
FETCH_SECONDS = 2.0
RETRY_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Record:
    """One message of a stream."""

    subject: str
    data: bytes
    sequence: int


async def last_sequence(bus: Bus, stream: str) -> int:
    """The stream's last sequence; 0 where it never held a message."""
    info = await bus.js.stream_info(stream)
    return info.state.last_seq


async def sequence_before(bus: Bus, stream: str, since: datetime) -> int:
    """The sequence behind which a stream's messages are of that moment or later."""
    config = ConsumerConfig(
        name=new_id(),
        deliver_policy=DeliverPolicy.BY_START_TIME,
        opt_start_time=since,
        ack_policy=AckPolicy.NONE,
        mem_storage=True,
        inactive_threshold=1.0,
    )
    # The broker looks the place up when the consumer is made, and says where it stands.
    info = await bus.js.add_consumer(stream, config)
    return info.delivered.stream_seq if info.delivered else 0


async def tail(
    bus: Bus, stream: str, *, after: int, subject: str = ">", batch: int = BATCH
) -> AsyncGenerator[Record, None]:
    """Yields every record after that sequence, in order, and then every new one.

    `batch` is how many records lie in memory at most before they are yielded.

    It survives the broker: on any trouble it binds again behind the last record that it gave. On a stream that keeps
    one message a subject, records that were replaced in the meantime are not seen.
    """
    position = after
    while True:
        try:
            consumer = await consumer_behind(bus, stream, position, subject)
            async with Pull(bus.client, stream, consumer, batch).bound() as pull:
                while True:
                    for msg in await pull.fetch(batch, seconds=FETCH_SECONDS):
                        position = msg.metadata.sequence.stream
                        yield Record(msg.subject, msg.data, position)
        except (ConsumerLost, NatsError, JetStreamError, TimeoutError, ConnectionError) as error:
            log.warning("tail_rebinding", stream=stream, after=position, error=type(error).__name__)
            await asyncio.sleep(RETRY_PAUSE)


async def consumer_behind(bus: Bus, stream: str, position: int, subject: str = ">") -> str:
    """A consumer of our own behind that position; the broker forgets it when nobody pulls any more."""
    config = ConsumerConfig(
        # The broker permits consumers by name alone.
        name=new_id(),
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=position + 1,
        ack_policy=AckPolicy.NONE,
        filter_subject=None if subject == ">" else subject,
        mem_storage=True,
        inactive_threshold=30.0,
    )
    return (await bus.js.add_consumer(stream, config)).name
