"""What there is in a stream now, whatever has been taken out of it."""

from __future__ import annotations

import pytest

from sightline.chassis.errors import Unavailable
from sightline.chassis.excerpt import BATCH, excerpt

STREAM = "NOTES"


@pytest.fixture
async def notes(bus):
    """A function that writes so many messages into a stream of the test's own."""
    await bus.js.add_stream(name=STREAM, subjects=["notes.*"])

    async def write(count):
        for number in range(count):
            await bus.js.publish("notes.one", str(number).encode())

    return write


async def read(bus, **fields) -> list[int]:
    """The sequences that it yields."""
    return [message.metadata.sequence.stream async for batch in excerpt(bus, STREAM, **fields) for message in batch]


async def test_everything_up_to_now_is_read(bus, notes):
    """More than fits into one batch comes in order, and then it ends; also behind a sequence, and up to one."""
    await notes(BATCH + 50)
    assert await read(bus) == list(range(1, BATCH + 51))
    assert await read(bus, after=BATCH + 40) == list(range(BATCH + 41, BATCH + 51))
    assert await read(bus, after=10, last=13) == [11, 12, 13]


async def test_what_comes_meanwhile_is_left_out(bus, notes):
    """The end is where it was when the reading began."""
    await notes(3)
    found = []
    async for batch in excerpt(bus, STREAM):
        found += batch
        await notes(2)
    assert len(found) == 3


@pytest.mark.parametrize("gone", [(3,), (5,), (4, 5), (1, 2, 3, 4, 5)])
async def test_gaps_do_not_hold_it_up(bus, notes, gone):
    """It ends also where messages are gone, the last one or all of them."""
    await notes(5)
    for sequence in gone:
        await bus.js.delete_msg(STREAM, sequence)
    assert await read(bus) == [sequence for sequence in range(1, 6) if sequence not in gone]


async def test_of_an_empty_stream_there_is_nothing(bus, notes):
    """Nor behind its end."""
    assert await read(bus) == []
    await notes(1)
    assert await read(bus, after=7) == []


async def test_a_slow_reader_goes_on(bus, notes):
    """The broker forgets a consumer that nobody asks; the reading goes on behind what was read."""
    await notes(BATCH + 5)
    batches = excerpt(bus, STREAM)
    found = await anext(batches)
    for consumer in await bus.js.consumers_info(STREAM):
        await bus.js.delete_consumer(STREAM, consumer.name)
    async for batch in batches:
        found += batch
    assert [message.metadata.sequence.stream for message in found] == list(range(1, BATCH + 6))


async def test_without_a_broker_it_says_so(bus, notes, nats_server):
    """Nobody takes a trail for empty whose broker does not answer."""
    await notes(1)
    bus.js = bus.client.jetstream(timeout=0.5)  # an impatient one, for a quick test
    nats_server.kill()
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        await read(bus)
