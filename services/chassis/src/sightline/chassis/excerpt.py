"""Reads a stream up to what there is now."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError

from sightline.chassis.errors import Unavailable
from sightline.chassis.pull import ConsumerLost, Pull
from sightline.chassis.tail import consumer_behind, last_sequence

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from nats.aio.msg import Msg

    from sightline.chassis.bus import Bus

BATCH = 256
FETCH_SECONDS = 2.0


async def excerpt(
    bus: Bus,
    stream: str,
    *,
    after: int = 0,
    last: int | None = None,
) -> AsyncGenerator[list[Msg], None]:
    """Yields the messages behind that sequence, as many at a time as have come, up to `last`, or what there is now.

    It ends also where the last ones, or all, have been taken out of the stream. Raises Unavailable BROKER_UNAVAILABLE.
    """
    with reading():
        last = await last_sequence(bus, stream) if last is None else last
        if after >= last:
            return
        while True:
            # A reader who is slow finds that the broker has forgotten their consumer: then there is another one.
            with suppress(ConsumerLost):
                consumer = await consumer_behind(bus, stream, after)
                async with Pull(bus.client, stream, consumer, BATCH).bound() as pull:
                    while messages := await _some(bus, stream, consumer, pull):
                        after = messages[-1].metadata.sequence.stream
                        yield [message for message in messages if message.metadata.sequence.stream <= last]
                        if after >= last or not messages[-1].metadata.num_pending:
                            return
                    return


async def _some(bus: Bus, stream: str, consumer: str, pull: Pull) -> list[Msg]:
    """The next messages; none where there are no more."""
    while True:
        messages = await pull.fetch(BATCH, seconds=FETCH_SECONDS)
        if messages or not (await bus.js.consumer_info(stream, consumer)).num_pending:
            return messages


@contextmanager
def reading() -> Iterator[None]:
    """Raises Unavailable BROKER_UNAVAILABLE for whatever means that the broker does not answer."""
    try:
        yield
    except (ConsumerLost, NatsError, TimeoutError, ConnectionError) as error:
        raise Unavailable("BROKER_UNAVAILABLE", "The broker does not answer: is nats-server up?") from error
