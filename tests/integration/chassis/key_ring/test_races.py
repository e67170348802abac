"""Rings that do something to one owner's key at the same time, in several processes."""

from __future__ import annotations

import asyncio

import pytest

from sightline.chassis.errors import NotFound
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.wrapped_keys import WrappedKeys

CONTEXT = b"sightline.gallery.w.face.f"


class LateKeys(WrappedKeys):
    """The bucket, where the answers to `late` are held back until `pass_on` is set; `answered` when one is there."""

    def __init__(self, bus, late):
        super().__init__(bus)
        self._late = late
        self.answered = asyncio.Event()
        self.pass_on = asyncio.Event()

    async def newest(self, owner):
        """As the bucket."""
        return await self._answer("newest", super().newest(owner))

    async def erase_revision(self, sequence):
        """As the bucket."""
        return await self._answer("erase_revision", super().erase_revision(sequence))

    async def _answer(self, name, asked):
        answer = await asked
        if name == self._late:
            self.answered.set()
            await self.pass_on.wait()
        return answer


async def test_rings_that_race_agree_on_one_key(new_ring):
    """Replicas that make an owner's key in the same moment end with the same key: each opens the others' records."""
    rings = [new_ring() for _ in range(8)]
    for owner in (new_id(), new_id(), new_id()):
        sealed = await asyncio.gather(*(ring.seal(owner, b"template", CONTEXT) for ring in rings))
        opened = await asyncio.gather(
            *(ring.open(owner, record, CONTEXT) for ring in (*rings, new_ring()) for record in sealed)
        )
        assert set(opened) == {b"template"}


async def test_a_key_that_was_read_before_is_not_kept_after(bus, key_file, ring):
    """An answer of the broker that comes in while the key is destroyed does not put the old key back into memory."""
    owner, late = new_id(), LateKeys(bus, "newest")
    sealed = await ring.seal(owner, b"template", CONTEXT)
    slow = BucketKeyRing(late, key_file)
    opening = asyncio.create_task(slow.open(owner, sealed, CONTEXT))
    await late.answered.wait()
    destroying = asyncio.create_task(slow.destroy(owner))
    await asyncio.sleep(0.2)
    late.pass_on.set()
    await asyncio.gather(opening, destroying)
    with pytest.raises(NotFound, match="KEY_DESTROYED"):
        await slow.open(owner, sealed, CONTEXT)


async def test_nothing_is_sealed_under_a_key_that_is_being_destroyed(bus, key_file, new_ring):
    """What is sealed while the key is destroyed waits and gets a new key: it is not lost with the old records."""
    owner, late = new_id(), LateKeys(bus, "erase_revision")
    slow = BucketKeyRing(late, key_file)
    await slow.seal(owner, b"old", CONTEXT)
    destroying = asyncio.create_task(slow.destroy(owner))
    await late.answered.wait()
    sealing = asyncio.create_task(slow.seal(owner, b"new", CONTEXT))
    await asyncio.sleep(0.2)
    late.pass_on.set()
    _, sealed = await asyncio.gather(destroying, sealing)
    assert await new_ring().open(owner, sealed, CONTEXT) == b"new"


async def test_keys_of_many_owners_are_none_that_were_destroyed_meanwhile(bus, key_file, new_ring):
    """A key that is destroyed while others are waited for is not given out: what it seals would be lost."""
    mine, late = new_id(), LateKeys(bus, "newest")
    slow = BucketKeyRing(late, key_file)
    # Some owners share a lock: whoever is destroyed would wait for the one whose answer is held back here.
    theirs = next(owner for owner in iter(new_id, "") if slow._lock(owner) is not slow._lock(mine))
    old = await new_ring().seal(mine, b"old", CONTEXT)
    late.pass_on.set()
    assert await slow.open(mine, old, CONTEXT) == b"old"
    late.pass_on.clear()
    late.answered.clear()
    making = asyncio.create_task(slow.made([mine, theirs]))
    await late.answered.wait()
    await slow.destroy(mine)
    late.pass_on.set()
    sealed = (await making)[mine].seal(b"new", CONTEXT)
    assert await new_ring().open(mine, sealed, CONTEXT) == b"new"


async def test_rings_that_race_for_many_agree(new_ring):
    """Replicas that make the same owners' keys together end with the same ones."""
    owners = [new_id() for _ in range(50)]
    first, second = await asyncio.gather(*(new_ring().made(owners, owners) for _ in range(2)))
    assert {second[each].open(first[each].seal(b"template", CONTEXT), CONTEXT) for each in owners} == {b"template"}
