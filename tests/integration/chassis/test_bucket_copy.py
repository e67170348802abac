from __future__ import annotations

import asyncio

import pytest

from sightline.chassis.bucket_copy import START_SECONDS, BucketCopy
from sightline.chassis.errors import Unavailable
from sightline.chassis.provision import provision
from sightline.chassis.topology import CAMERAS, LEASES, TOPOLOGY


def values(copy):
    """What the copy holds."""
    return {key: entry.value for key, entry in copy.entries.items()}


def shows(copy, wanted):
    """A condition: the copy holds this."""

    async def look():
        return values(copy) == wanted

    return look


async def test_what_is_there_comes_at_once_and_changes_follow(bus, until):
    """Entered, the copy has every entry; writes and deletions arrive, and each says that something changed."""
    bucket, woken = await bus.bucket(CAMERAS), asyncio.Event()
    for number in range(600):
        await bucket.put(f"k{number}", str(number).encode())
    await bucket.delete("k7")
    copy = BucketCopy(bus, CAMERAS, bytes.decode, woken.set)
    async with copy.following():
        assert values(copy) == {f"k{n}": str(n) for n in range(600) if n != 7}
        woken.clear()
        revision = await bucket.put("k7", b"again")
        await until(lambda: _value(copy, "k7", "again"))
        assert woken.is_set()
        assert copy.entries["k7"].revision == revision
        await bucket.delete("k7")
        await until(lambda: _value(copy, "k7", None))
        await copy.check()


async def test_an_empty_bucket_is_known_to_be_empty(bus):
    """Nobody waits for entries that are not there."""
    async with asyncio.timeout(START_SECONDS / 3), BucketCopy(bus, LEASES, bytes.decode).following():
        pass


async def test_an_entry_that_cannot_be_read_is_as_if_it_were_not_there(bus, until):
    """It is passed over, and takes the place of what could be read; the others are there, and so is its successor."""
    bucket = await bus.bucket(CAMERAS)
    for key, value in (("one", b"1"), ("bad", b"1"), ("bad", b"x"), ("two", b"2")):
        await bucket.put(key, value)
    copy = BucketCopy(bus, CAMERAS, int)
    async with copy.following():
        assert values(copy) == {"one": 1, "two": 2}
        await bucket.put("bad", b"3")
        await until(shows(copy, {"one": 1, "two": 2, "bad": 3}))


async def test_a_bucket_that_the_broker_lost_is_read_anew(bus, nats_server, until):
    """After a kill of the broker the bucket in memory is another one: what it held is gone, what comes is seen."""
    await (await bus.bucket(LEASES)).put("old", b"1")
    copy = BucketCopy(bus, LEASES, bytes.decode)
    async with copy.following():
        assert values(copy) == {"old": "1"}
        assert copy.made_again < 0
        nats_server.kill()
        nats_server.start()
        await until(lambda: _written(bus, "new"))
        await until(shows(copy, {"new": "2"}))
        assert copy.made_again > 0


async def test_without_a_bucket_there_is_no_copy(bus):
    """A bucket that cannot be read is an error that says so, for whoever starts and for health."""
    copy = BucketCopy(bus, "nothing", bytes.decode, start_seconds=0.3)
    with pytest.raises(Unavailable, match="COPY_UNREAD"):
        async with copy.following():
            pass
    with pytest.raises(Unavailable, match="COPY_UNREAD"):
        await copy.check()


async def _value(copy, key, value):
    return values(copy).get(key) == value


async def _written(bus, key) -> bool:
    try:
        await provision(bus, TOPOLOGY)
        await (await bus.bucket(LEASES)).put(key, b"2")
    except Unavailable:
        return False
    return True
