"""The copy of who may call is complete, follows at once, survives the broker, and knows when it cannot know."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from sightline.chassis import topology
from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.identity.callers import CallerBook
from sightline.chassis.ids import new_id
from sightline.chassis.provision import provision
from sightline.chassis.topology import TOPOLOGY
from sightline.v1 import records_pb2


async def test_a_copy_is_complete_before_it_is_used(bus, registry):
    """Whoever was registered before a service started is known from its first call on."""
    subjects = [await registry.subject(f"person-{n}") for n in range(300)]
    keys = [(await registry.key(subject.id))[1] for subject in subjects]
    book = CallerBook(bus)
    async with book.following():
        assert sorted(each.id for each in book.subjects()) == sorted(each.id for each in subjects)
        assert [book.key(record.key.id) for record in keys] == keys
        assert len(list(book.keys())) == 300
        assert book.subject(subjects[7].id) == subjects[7]


class SlowBook(CallerBook):
    """Is changed under its hands: before it reads, and slowly."""

    def __init__(self, bus, change) -> None:
        super().__init__(bus)
        self._change = change
        self._looks = 0

    async def _look(self):
        look = await super()._look()
        self._looks += 1
        if self._looks == 2:  # the first only says whether the bucket is there
            await self._change()
        return look

    async def _apply(self, record) -> None:
        await asyncio.sleep(0.1)
        await super()._apply(record)


async def test_what_is_replaced_while_it_is_read_is_not_missed(bus, registry):
    """A key that changes between the look at the bucket and its reading is known from the first call on, too."""
    _, record = await registry.key()
    await registry.subject("written-after-it")
    book = SlowBook(bus, lambda: registry.change(record))
    async with book.following():
        assert book.key(record.key.id) == record


async def test_nobody_is_known_by_chance(book, registry):
    """Other ids are nobody, and a subject's id is no key's."""
    subject = await registry.subject()
    text, record = await registry.key()
    await book.reached(await registry.change(record))
    assert book.key(new_id()) is None
    assert book.key(subject.id) is None
    assert book.subject(record.key.id) is None
    assert text not in str(record)


async def test_a_revocation_reaches_another_process_soon(book, nats_server, registry):
    """What one connection writes, a book on another knows within 2 s, of a busy machine within 20."""
    _, record = await registry.key()
    async with connect_bus(nats_server.url, "other") as other:
        second = CallerBook(other)
        async with second.following():
            await registry.revoke(record)
            written = time.monotonic()
            for each in (book, second):
                while not each.key(record.key.id).key.HasField("revoke_time"):
                    assert time.monotonic() - written < 20
                    await asyncio.sleep(0.005)


async def test_a_write_can_be_waited_for(book, registry):
    """After `reached` with the revision of a write, the copy shows it: a list after a change is true."""
    for n in range(20):
        subject = await registry.subject(f"person-{n}")
        revision = await registry.put(f"subject.{subject.id}", records_pb2.SubjectRecord(subject=subject))
        await book.reached(revision)
        assert book.subject(subject.id) == subject


async def test_an_unreadable_record_stops_nobody_else(book, registry):
    """It is skipped; whoever it is about is not known any more, for it could have been a revocation."""
    _, record = await registry.key()
    _, copied = await registry.key()
    subject = await registry.subject()
    await book.reached(await registry.change(record))
    assert book.key(record.key.id) is not None
    await registry.put(f"key.{record.key.id}", b"\xff\xff garbage")
    await registry.put(f"key.{copied.key.id}", record)
    await registry.put("unknown.kind", b"garbage")
    await registry.put(f"subject.{subject.id}", b"")
    _, other = await registry.key()
    await book.reached(await registry.change(other))
    assert book.key(record.key.id) is None
    assert book.key(copied.key.id) is None
    assert book.subject(subject.id) is None
    assert book.key(other.key.id) == other
    await book.check()


async def test_a_broker_that_is_away_takes_nothing_away(bus, book, nats_server, registry, until):
    """While the broker is down the copy stands; once it is back, new writes come in and freshness returns."""
    _, record = await registry.key()
    await book.reached(await registry.change(record))
    async with _away(bus, nats_server, until):
        assert book.key(record.key.id) == record
        book.require_fresh()
    await registry.revoke(record)
    restarted = time.monotonic()
    await until(lambda: _true(book.key(record.key.id).key.HasField("revoke_time")))
    await until(lambda: _true(book._confirmed > restarted))
    await book.check()


async def test_nobody_is_admitted_on_stale_knowledge(bus, nats_server, until, callers_clock):
    """Without the broker's word for longer than the limit the book says so; with it, it is well again."""
    book = CallerBook(bus, stale_seconds=2.0, poll_seconds=0.1)
    async with book.following():
        book.require_fresh()
        await book.check()
        nats_server.kill()
        book.require_fresh()
        callers_clock.now += 2.1
        await until(lambda: _true(not book.fresh))
        for look in (book.check, _async(book.require_fresh)):
            with pytest.raises(Unavailable, match="ACCESS_UNKNOWN: The broker has not confirmed for 2 s"):
                await look()
        nats_server.start()
        await until(lambda: _true(book.fresh))
        await book.check()


async def test_a_quiet_bucket_stays_fresh(bus, registry, until, callers_clock):
    """Where nobody writes, the broker's word alone keeps the copy fresh."""
    await registry.key()
    book = CallerBook(bus, stale_seconds=2.0, poll_seconds=0.1)
    async with book.following():
        for _ in range(5):
            callers_clock.now += 1.5
            book.require_fresh()
            passed = callers_clock.now
            await until(lambda passed=passed: _true(book._confirmed >= passed))


async def test_a_bucket_that_was_made_again_is_read_again(bus, book, registry, until):
    """After the bucket was deleted and made anew, only what is in the new one counts, from its first record on."""
    for n in range(5):
        await registry.key()
        await registry.subject(f"old-{n}")
    await until(lambda: _true(len(list(book.subjects())) == 5))
    await bus.js.delete_key_value(topology.ACCESS)
    await provision(bus, TOPOLOGY)
    _, record = await registry.key()
    await until(lambda: _true(book.key(record.key.id) is not None))
    await until(lambda: _true(not list(book.subjects())))
    assert list(book.keys()) == [record]
    await book.check()


async def test_a_broker_from_an_older_backup_is_believed(bus, nats_server, registry, until, tmp_path):
    """Put back to an earlier state, the broker counts, also where it has grown beyond what was read before."""
    early = await registry.subject("early")
    async with _away(bus, nats_server, until):
        shutil.copytree(nats_server.store, tmp_path / "backup")
    late = await registry.subject("late")
    book = CallerBook(bus, poll_seconds=4.0)
    async with book.following():
        assert book.subject(late.id) == late
        async with _away(bus, nats_server, until):
            shutil.rmtree(nats_server.store)
            shutil.copytree(tmp_path / "backup", nats_server.store)
        # More is written than was lost, before the book looks: sequences alone tell nothing.
        others = [await registry.subject(f"other-{n}") for n in range(4)]
        await until(lambda: _true(book.subject(late.id) is None))
        assert {each.id for each in book.subjects()} == {early.id, *(each.id for each in others)}


async def test_reading_again_is_never_seen(book, bus, registry, until):
    """While the bucket is read anew everybody stays known: no call is refused for it."""
    subject = await registry.subject()
    await until(lambda: _true(book.subject(subject.id) is not None))
    looks = []

    async def look() -> None:
        while True:
            looks.append(book.subject(subject.id) is not None)
            await asyncio.sleep(0)

    task = asyncio.create_task(look())
    with capture_logs() as logs:
        # A reconnection, as far as the book can see.
        bus.client.stats["reconnects"] += 1
        before = time.monotonic()
        await until(lambda: _true(book._confirmed > before + 0.5))
    assert "callers_read_again" in {entry["event"] for entry in logs}
    task.cancel()
    assert len(looks) > 100
    assert all(looks)


async def test_a_broker_without_the_bucket_is_named(nats_server):
    """Before provisioning the error says what is missing; without a broker, that it does not answer."""
    async with connect_bus(nats_server.url, "test") as bus:
        with pytest.raises(FailedPrecondition, match=r"NOT_PROVISIONED: The bucket access .*sightline provision"):
            async with CallerBook(bus).following():
                pass
        await provision(bus, TOPOLOGY)
        nats_server.kill()
        with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
            async with CallerBook(bus).following():
                pass


@asynccontextmanager
async def _away(bus, nats_server, until):
    """The broker is killed for the block; afterwards the connection is back."""
    nats_server.kill()
    await until(lambda: _true(not bus.client.is_connected))
    yield
    nats_server.start()
    await until(lambda: _true(bus.client.is_connected))


async def _true(value) -> bool:
    return bool(value)


def _async(call):
    async def called() -> None:
        call()

    return called
