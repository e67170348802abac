"""Keys in memory: for how long, and how many."""

from __future__ import annotations

import asyncio
import secrets
import time
from types import SimpleNamespace

from sightline.chassis import key_cache
from sightline.chassis.key_cache import KeyCache
from sightline.chassis.owner_key import OwnerKey


def key() -> OwnerKey:
    """One that nobody else has."""
    return OwnerKey("somebody", secrets.token_bytes(32))


async def emptied(cache: KeyCache, down_to: int = 0) -> None:
    """Waits until the cache holds no more than so many keys, without asking it for any."""
    async with asyncio.timeout(60):
        while len(cache) > down_to:
            await asyncio.sleep(0.01)


async def test_a_key_is_kept_for_its_time_whether_it_is_used_or_not():
    """Using a key does not prolong its time, and afterwards it is gone from memory without anybody asking."""
    cache, one, started = KeyCache(seconds=0.5, limit=10), key(), time.monotonic()
    cache.put("one", one)
    while cache.get("one") is one:
        await asyncio.sleep(0.01)
    assert time.monotonic() - started >= 0.5
    await emptied(cache)


async def test_each_key_has_a_time_of_its_own(monkeypatch):
    """Keys that came later stay longer, also when one is put in again."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(key_cache, "time", SimpleNamespace(monotonic=lambda: clock.now))
    cache = KeyCache(seconds=0.2, limit=10)
    cache.put("early", key())
    cache.put("renewed", key())
    clock.now += 0.1
    cache.put("late", key())
    cache.put("renewed", key())
    clock.now += 0.101
    await emptied(cache, down_to=2)
    assert [cache.get(owner) is not None for owner in ("early", "late", "renewed")] == [False, True, True]
    clock.now += 0.1
    await emptied(cache)


async def test_the_oldest_makes_room():
    """At its limit the cache forgets the key that would go first anyway."""
    cache = KeyCache(seconds=60, limit=2)
    for owner in ("one", "two", "two", "three"):
        cache.put(owner, key())
    assert [cache.get(owner) is not None for owner in ("one", "two", "three")] == [False, True, True]


async def test_a_key_that_was_dropped_is_gone():
    """Dropping takes effect at once; dropping what is not there does nothing."""
    cache = KeyCache(seconds=60, limit=2)
    cache.put("one", key())
    cache.drop("one")
    cache.drop("one")
    assert cache.get("one") is None
