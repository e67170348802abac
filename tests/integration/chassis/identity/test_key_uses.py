"""Last uses of keys are noted beside the calls: seldom, in the background, and at no call's cost."""

from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from sightline.chassis import topology
from sightline.chassis.errors import Unavailable
from sightline.chassis.identity.key_uses import KeyUses
from sightline.chassis.ids import new_id


@pytest.fixture
async def bucket(bus):
    """Where uses are kept."""
    return await bus.bucket(topology.KEY_USES)


async def test_a_use_is_noted_with_its_time(bus, bucket):
    """What was used has a time, which is now; what was not has none."""
    key_id, uses = new_id(), KeyUses(bus, bucket)
    async with uses.running():
        uses.used(key_id)
    last = await uses.last(key_id)
    assert abs(last.ToNanoseconds() / 1e9 - time.time()) < 60
    assert await uses.last(new_id()) is None


async def test_many_uses_are_one_write(bus, bucket, until):
    """Within the interval a key is written once, however often it is used; after it, again."""
    key_id, uses = new_id(), KeyUses(bus, bucket, write_seconds=0.3)
    async with uses.running():
        for _ in range(1000):
            uses.used(key_id)

        async def written():
            return await uses.last(key_id) is not None

        await until(written)
        first = await bucket.get(key_id)
        await asyncio.sleep(0.3)
        uses.used(key_id)
    assert (await bucket.get(key_id)).revision == first.revision + 1


async def test_all_uses_are_listed(bus, bucket):
    """Every key that was ever used is in the list once, and none is where none was."""
    uses = KeyUses(bus, bucket)
    assert await uses.all() == {}
    ids = [new_id() for _ in range(400)]
    async with uses.running():
        for key_id in ids:
            uses.used(key_id)
    listed = await uses.all()
    assert sorted(listed) == sorted(ids)
    assert all(use.HasField("last_use_time") for use in listed.values())


async def test_a_broker_that_is_away_costs_no_call(bus, nats_server):
    """Noting neither fails nor waits; the loss stands in the log, and lists say that they cannot know."""
    impatient = bus.client.jetstream(timeout=0.5)
    uses = KeyUses(bus, await impatient.key_value(topology.KEY_USES))
    with capture_logs() as logs:
        async with uses.running():
            nats_server.kill()
            began = time.monotonic()
            uses.used(key_id := new_id())
            assert time.monotonic() - began < 0.5, "less than the broker has for an answer"
    assert {"event": "key_use_not_noted", "log_level": "warning"}.items() <= logs[-1].items()
    assert logs[-1]["key"] == key_id
    with pytest.raises(Unavailable, match="KEY_USES_UNKNOWN"):
        await uses.last(key_id)
    with pytest.raises(Unavailable, match="KEY_USES_UNKNOWN"):
        await uses.all()
