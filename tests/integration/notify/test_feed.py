"""Many watchers of one stream."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from sightline.chassis.tail import last_sequence
from sightline.notify import feed as feed_module
from sightline.notify.feed import AlertFeed
from sightline.notify.outbox import BusAlerts
from sightline.v1 import alert_service_pb2 as pb

ALERT = pb.Alert(id="a" * 26, watchlist_id="w" * 26, state=pb.ALERT_STATE_RAISED)


@pytest.fixture
async def feed(bus):
    """A feed that reads the stream."""
    running = AlertFeed(bus)
    async with running.running():
        yield running


@pytest.fixture
def say(bus):
    """A function that publishes so many revisions."""
    said = 0

    async def publish(count):
        nonlocal said
        for _ in range(count):
            said += 1
            ALERT.revision = said
            await BusAlerts(bus).publish(ALERT)

    return publish


async def revisions(feed, after, count):
    """What a watcher sees from there on."""
    async with asyncio.timeout(60), aclosing(feed.watch(after)) as answers:
        return [(await anext(answers)).alert.revision for _ in range(count)]


async def test_every_watcher_sees_everything_once(feed, say):
    """From the beginning, from the middle and from now on: each revision once, in order, also those that come."""
    await say(5)
    watchers = [asyncio.create_task(revisions(feed, after, 10 - after)) for after in (0, 3, 5) for _ in range(10)]
    await asyncio.sleep(0.2)
    await say(5)
    for number, seen in enumerate(await asyncio.gather(*watchers)):
        after = (0, 3, 5)[number // 10]
        assert seen == list(range(after + 1, 11))


async def test_a_slow_watcher_loses_nothing_and_holds_up_nobody(feed, say):
    """One who is further behind than fits reads the stream by themselves, while others see what comes."""
    many = feed_module.MOST_WAITING + 50
    async with asyncio.timeout(60), aclosing(feed.watch(0)) as slow:
        await say(1)
        first = await anext(slow)
        quick = asyncio.create_task(revisions(feed, 1, many))
        await asyncio.sleep(0.1)
        await say(many)
        assert await quick == list(range(2, many + 2))
        rest = [(await anext(slow)).alert.revision for _ in range(many)]
    assert (first.alert.revision, rest) == (1, list(range(2, many + 2)))


async def test_one_can_begin_at_a_time(feed, say, bus):
    """`since` is the place behind which messages are as young as that, also where there are none yet."""
    await say(2)
    await asyncio.sleep(0.3)
    moment = datetime.now(UTC)
    assert await feed.start(0, moment) == 2
    await say(2)
    assert await feed.start(0, moment) == 2
    assert await feed.start(0, moment - timedelta(hours=1)) == 0
    assert await feed.start(0, None) == await last_sequence(bus, "ALERTS") == 4
    assert await feed.start(3, None) == 3
