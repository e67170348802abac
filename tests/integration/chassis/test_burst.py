"""Many messages for a stream at once, on a real broker."""

from __future__ import annotations

import pytest
from nats.js.errors import NoStreamResponseError

from sightline.chassis.burst import publish_burst
from sightline.chassis.ids import new_id
from sightline.chassis.topology import KEYS

NEW = {"Nats-Expected-Last-Subject-Sequence": "0"}


def subjects(count: int) -> list[str]:
    """Some that the stream of the keys takes, and that nobody has used."""
    return [f"$KV.{KEYS}.{new_id()}" for _ in range(count)]


async def test_each_message_is_answered_for_itself(bus):
    """What the stream takes is in it, and what it refuses has its reason, in the order of the messages."""
    one, *others = subjects(300)
    assert await publish_burst(bus.client, [(one, b"first")], NEW, 60) == [None]
    answers = await publish_burst(bus.client, [(each, b"x") for each in (*others, one)], NEW, 60)
    assert answers[:-1] == [None] * 299
    assert answers[-1].err_code in {10071, 10164}
    assert (await bus.js.get_last_msg(f"KV_{KEYS}", one)).data == b"first"
    assert (await bus.js.stream_info(f"KV_{KEYS}")).state.messages == 300


async def test_nothing_is_published_at_once(bus):
    """No messages have no answers, and nothing is waited for."""
    assert await publish_burst(bus.client, [], NEW, 60) == []


async def test_a_stream_that_is_not_there_is_said_to_be_missing(bus):
    """Where nobody takes a message the caller hears of it before the time is over."""
    with pytest.raises(NoStreamResponseError):
        await publish_burst(bus.client, [("nobody.listens", b"x")] * 3, {}, 60)


async def test_a_broker_that_is_silent_is_not_waited_for_forever(bus, nats_server):
    """Without answers the burst ends with its time."""
    nats_server.kill()
    with pytest.raises(TimeoutError):
        await publish_burst(bus.client, [(each, b"x") for each in subjects(3)], NEW, 0.3)
