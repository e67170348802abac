"""Keys in memory: for how long, and how many."""

from __future__ import annotations

import asyncio

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.chassis.key_cache import KeyCache


def key() -> AESGCM:
    """One that nobody else has."""
    return AESGCM(AESGCM.generate_key(bit_length=256))


async def test_a_key_is_kept_for_its_time_whether_it_is_used_or_not():
    """Using a key does not prolong its time, and afterwards it is gone from memory without anybody asking."""
    cache, one = KeyCache(seconds=0.4, limit=10), key()
    cache.put("one", one)
    for _ in range(3):
        await asyncio.sleep(0.1)
        assert cache.get("one") is one
    await asyncio.sleep(0.2)
    assert len(cache) == 0
    assert cache.get("one") is None


async def test_each_key_has_a_time_of_its_own():
    """Keys that came later stay longer, also when one is put in again."""
    cache = KeyCache(seconds=0.4, limit=10)
    cache.put("early", key())
    cache.put("renewed", key())
    await asyncio.sleep(0.25)
    cache.put("late", key())
    cache.put("renewed", key())
    await asyncio.sleep(0.25)
    assert [cache.get(owner) is not None for owner in ("early", "late", "renewed")] == [False, True, True]
    assert len(cache) == 2
    await asyncio.sleep(0.3)
    assert len(cache) == 0


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
