"""The installation's key is rotated while everything goes on, and may be interrupted anywhere."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from itertools import count

import pytest
from key_files import new_key, write_keys
from watched_bus import DiedError, dying, interrupted

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.rewrap import Rewrap
from sightline.chassis.wrapped_keys import WrappedKeys

CONTEXT = b"sightline.gallery.w.face.f"


class Installation:
    """Some owners with a record each, and a key file that is rotated step by step."""

    def __init__(self, bus, path):
        self.bus = bus
        self.path = path
        self.wrapped = WrappedKeys(bus)
        self.keys = [new_key()]
        self.file = write_keys(path, *self.keys)
        self.records = {}

    async def enrol(self, count: int) -> list[str]:
        """Adds owners with a record each, and returns them."""
        owners = [new_id() for _ in range(count)]
        ring = BucketKeyRing(self.wrapped, self.file)
        self.records |= {owner: await ring.seal(owner, owner.encode(), CONTEXT) for owner in owners}
        return owners

    def add_key(self) -> None:
        """Puts a new key in front of the others."""
        self.keys = [new_key(), *self.keys]
        write_keys(self.path, *self.keys)

    def retire(self) -> None:
        """Takes away all keys but the current one."""
        self.keys = self.keys[:1]
        write_keys(self.path, *self.keys)

    async def readable(self) -> None:
        """Fails unless a process that starts now opens every record."""
        ring = BucketKeyRing(self.wrapped, self.file)
        for owner, sealed in self.records.items():
            assert await ring.open(owner, sealed, CONTEXT) == owner.encode()

    async def wrapped_by(self) -> dict[str, int]:
        """How many keys each installation key wraps."""
        return await Rewrap(self.wrapped, self.file).uses()

    async def complete(self) -> None:
        """Fails unless the current key wraps everything, and nothing is stored twice."""
        assert await self.wrapped_by() == {self.file.current().id: len(self.records)}


@pytest.fixture
def installation(bus, tmp_path):
    """One without owners."""
    return Installation(bus, tmp_path / "installation.key")


@asynccontextmanager
async def traffic(installation, cache_seconds):
    """Another process seals for known and new owners and opens, as fast as it can; yields how often it did."""
    ring = BucketKeyRing(WrappedKeys(installation.bus), installation.file, cache_seconds)
    served, stop = [], asyncio.Event()

    async def serve() -> None:
        while not stop.is_set():
            owner = new_id()
            for each in (owner, *list(installation.records)[:5]):
                sealed = await ring.seal(each, each.encode(), CONTEXT)
                assert await ring.open(each, sealed, CONTEXT) == each.encode()
                installation.records.setdefault(each, sealed)
            served.append(owner)
            await asyncio.sleep(0.005)

    task = asyncio.create_task(serve())
    yield served
    stop.set()
    await task


async def test_a_rotation_changes_the_wrapping_alone(installation):
    """After a rotation every record that was sealed before opens with the new key alone; progress was told."""
    await installation.enrol(150)
    installation.add_key()
    steps = []
    assert await Rewrap(installation.wrapped, installation.file).run(lambda *step: steps.append(step)) == 150
    assert steps == [(64, 150), (128, 150), (150, 150)]
    installation.retire()
    await installation.readable()
    await installation.complete()
    assert await Rewrap(installation.wrapped, installation.file).run() == 0


async def test_a_key_remembers_when_it_was_made(installation):
    """Its new wrapping has the time of the old one: the age of a data key does not begin again."""
    [owner] = await installation.enrol(1)
    before = (await installation.wrapped.newest(owner)).wrapped.create_time
    installation.add_key()
    await asyncio.sleep(0.01)
    await Rewrap(installation.wrapped, installation.file).run()
    assert (await installation.wrapped.newest(owner)).wrapped.create_time == before


async def test_a_secret_outlives_the_key_that_wraps_it(installation):
    """Secrets of the installation, as the one that recognises enrolled pictures, are the same after a rotation."""
    before = await BucketKeyRing(installation.wrapped, installation.file).secret("enrolment")
    installation.add_key()
    await Rewrap(installation.wrapped, installation.file).run()
    installation.retire()
    assert await BucketKeyRing(installation.wrapped, installation.file).secret("enrolment") == before


@pytest.mark.parametrize("done", [True, False], ids=["after", "before"])
async def test_a_rotation_may_die_anywhere(installation, done):
    """Killed at any request it leaves everything readable; repeated, it finishes. Nothing is left of older wrappings.

    Every other time it is not repeated before the next key is added, so that three keys are in use.
    """
    await installation.enrol(5)
    for at in count():
        installation.add_key()
        broken = Rewrap(WrappedKeys(dying(installation.bus, at, done=done)), installation.file)
        try:
            await broken.run()
        except DiedError:
            await installation.readable()
        else:
            break
        if at % 2:
            await Rewrap(installation.wrapped, installation.file).run()
            await installation.complete()
            installation.retire()
    # For each owner it is read, written and erased, and before that the walk is prepared and ended.
    assert at > 5 * 3
    await installation.complete()
    await installation.readable()


async def test_a_rotation_may_be_cancelled_and_repeated(installation):
    """Ctrl-C in the middle is as good as a crash: everything opens, and the next pass does the rest."""
    await installation.enrol(200)
    installation.add_key()
    halfway = asyncio.Event()

    def progress(looked_at: int, _: int) -> None:
        if looked_at >= 100:
            halfway.set()

    task = asyncio.create_task(Rewrap(installation.wrapped, installation.file).run(progress))
    await halfway.wait()
    while not task.done():
        # Again and again: before Python 3.12 `wait_for` loses a cancellation that comes together with its answer.
        task.cancel()
        await asyncio.sleep(0)
    assert task.cancelled()
    await installation.readable()
    rest = await Rewrap(installation.wrapped, installation.file).run()
    assert 0 < rest < 200
    await installation.complete()


async def test_two_rotations_at_once_do_no_harm(installation):
    """Two passes over one bucket at the same time leave each key in one new wrapping."""
    await installation.enrol(100)
    installation.add_key()
    await asyncio.gather(*(Rewrap(installation.wrapped, installation.file).run() for _ in range(2)))
    await installation.readable()
    assert await installation.wrapped_by() == {installation.file.current().id: 100}


async def test_a_key_destroyed_in_a_rotation_stays_destroyed(installation):
    """Whenever a key is destroyed during a pass, not one wrapping of it is left; the others stay readable."""
    await installation.enrol(2)
    for at in count():
        [owner] = await installation.enrol(1)
        installation.add_key()
        ring = BucketKeyRing(installation.wrapped, installation.file)
        watched = interrupted(installation.bus, at, by=lambda ring=ring, owner=owner: ring.destroy(owner))
        await Rewrap(WrappedKeys(watched), installation.file).run()
        if watched.requests <= at:
            break
        del installation.records[owner]
        await installation.readable()
        await installation.complete()
        installation.retire()
    assert at > 3 * 3


async def test_what_was_deleted_by_hand_is_erased(installation):
    """A rotation removes what an entry that somebody deleted with the broker's tools left behind."""
    [owner] = await installation.enrol(1)
    await (await installation.bus.bucket("keys")).delete(owner)
    installation.add_key()
    await Rewrap(installation.wrapped, installation.file).run()
    assert await Rewrap(installation.wrapped, installation.file).uses() == {}


async def test_traffic_does_not_notice_a_rotation(installation):
    """While the key is added, everything is re-wrapped and the old key taken away, no call of others fails."""
    await installation.enrol(300)
    async with traffic(installation, cache_seconds=0.01) as served:

        async def goes_on() -> None:
            many = len(served) + 5
            async with asyncio.timeout(60):
                while len(served) < many:
                    await asyncio.sleep(0.01)

        for _ in range(3):
            installation.add_key()
            await Rewrap(installation.wrapped, installation.file).run()
            await asyncio.sleep(1.0)
            await goes_on()
            while await Rewrap(installation.wrapped, installation.file).run():
                pass
            installation.retire()
            await goes_on()
    assert len(served) >= 30
    await installation.readable()


async def test_a_key_that_nobody_can_unwrap_stops_no_other(installation):
    """Entries of a lost installation key are counted and named; all others are re-wrapped; nothing is erased."""
    await installation.enrol(3)
    lost = write_keys(installation.path.with_name("lost.key"), new_key())
    foreign = new_id()
    await BucketKeyRing(installation.wrapped, lost).seal(foreign, b"template", CONTEXT)
    installation.add_key()
    with pytest.raises(FailedPrecondition, match=rf"KEYS_NOT_REWRAPPED: 1 stored .*{lost.current().id}"):
        await Rewrap(installation.wrapped, installation.file).run()
    uses = await Rewrap(installation.wrapped, installation.file).uses()
    assert uses == {installation.file.current().id: 3, lost.current().id: 1}
    await installation.readable()


async def test_old_wrappings_of_a_lost_key_are_cleaned_up(installation):
    """A revision that counts no more is erased even where its own key is gone."""
    [owner] = await installation.enrol(1)
    newest = await installation.wrapped.newest(owner)
    installation.add_key()
    key = BucketKeyRing(installation.wrapped, installation.file)
    assert await key.open(owner, installation.records[owner], CONTEXT)
    data_key = installation.file.named(newest.wrapped.wrapping_key_id).unwrap(owner, newest.wrapped)
    await installation.wrapped.write(owner, installation.file.current().wrap(owner, data_key), after=newest.sequence)
    installation.retire()
    await Rewrap(installation.wrapped, installation.file).run()
    await installation.complete()
    await installation.readable()
