"""The sealer on a real broker: soon, in order, exactly once, whatever is killed."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nats.js.errors import APIError
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis.audit import Audited, Auditor
from sightline.chassis.ending import end
from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.identity.rights import FULL_REACH
from sightline.chassis.principal import Principal, enter
from sightline.chassis.provision import provision
from sightline.chassis.seals import key_id, make_seal
from sightline.chassis.topology import AUDIT, AUDIT_SEALS, DUTIES, SEALS, TOPOLOGY
from sightline.chassis.trail_check import TrailCheck, Trust
from sightline.notify import sealer as module
from sightline.notify.audit_trail import AuditTrail
from sightline.notify.seal_book import Place, SealBook
from sightline.notify.sealer import Sealer
from sightline.notify.unsealed import Unsealed

KEY = secrets_folder().seal_key()
PUBLIC = KEY.public_key()


@pytest.fixture
def act(bus):
    """A function that does so many things that are audited."""
    enter(Principal("somebody"), FULL_REACH)
    auditor = Auditor(bus, "match")

    async def done(count=1):
        for _ in range(count):
            async with auditor.audit(Audited("search.faces", "watchlist", purpose="test")):
                pass

    return done


@pytest.fixture
def sealing(bus):
    """A function that runs a sealer of its own while its block runs, and gives its registry."""

    @asynccontextmanager
    async def run():
        registry = CollectorRegistry()
        async with Sealer(bus, await bus.bucket(DUTIES), KEY, registry).running():
            yield registry

    return run


class Stored:
    """What lies on the broker; a StoredTrail."""

    def __init__(self, bus):
        self._bus = bus

    async def seals(self):
        async for batch in SealBook(self._bus).seals():
            for stored in batch:
                yield stored.seal

    async def entries(self):
        async for batch in AuditTrail(self._bus).entries():
            for entry in batch:
                yield entry

    async def check(self):
        trust = Trust({key_id(PUBLIC): PUBLIC}, timedelta(days=1))
        return await TrailCheck(trust).run(self)


@pytest.fixture
def stored_trail(bus):
    """The trail and its seals as they lie on the broker."""
    return Stored(bus)


@pytest.fixture
def sealed_up_to(bus, until):
    """A function that waits until the trail is sealed up to that entry."""

    async def wait(sequence):
        async def reached():
            return (await SealBook(bus).place(PUBLIC)).sealed >= sequence

        await until(reached)

    return wait


async def test_no_error_ends_it(act, sealing, sealed_up_to, monkeypatch, until):
    """One that nobody thought of, at the lease and at the look at what is unsealed: both are tried again."""
    tries = {"lease": 0, "look": 0}

    def failing_once(what, done):
        async def tried(*args, **options):
            tries[what] += 1
            if tries[what] == 1:
                raise ValueError("not thought of")
            return await done(*args, **options)

        return tried

    async def looked_again():
        return tries["look"] > 1

    monkeypatch.setattr(module, "take_lease", failing_once("lease", module.take_lease))
    monkeypatch.setattr(Unsealed, "look", failing_once("look", Unsealed.look))
    async with sealing():
        await act()
        await sealed_up_to(1)
        await until(looked_again)
    assert tries["lease"] >= 2


async def test_entries_are_sealed_soon(act, sealing, sealed_up_to, stored_trail):
    """What was done is under a signed seal soon after, with what follows in the same seconds."""
    async with sealing() as registry:
        await act(3)
        await sealed_up_to(3)
        await act(2)
        await sealed_up_to(5)
    verdict = await stored_trail.check()
    assert (verdict.findings, verdict.entries, verdict.unsealed) == ([], 5, 0)
    assert verdict.seals < 5, "those of the same seconds are under one"
    assert registry.get_sample_value("sightline_audit_sealed_entries_total") == 5
    assert registry.get_sample_value("sightline_audit_seals_total") == verdict.seals


async def test_many_entries_do_not_wait(act, sealing, sealed_up_to, stored_trail):
    """A full seal is made at once; no seal has more entries than there is time for."""
    await act(module.MOST + 10)
    async with sealing():
        await sealed_up_to(module.MOST + 10)
    sizes = [seal.count async for seal in stored_trail.seals()]
    assert sizes == [module.MOST, 10]
    assert not (await stored_trail.check()).findings


async def test_it_goes_on_exactly_where_it_stopped(act, sealing, sealed_up_to, stored_trail):
    """Another sealer, later, begins behind the last seal: no entry is left out, none is sealed twice."""
    for _ in range(3):
        await act(2)
        async with sealing():
            await sealed_up_to(await AuditTrail(stored_trail._bus).last())
    ranges = [(seal.first_sequence, seal.last_sequence) async for seal in stored_trail.seals()]
    assert ranges == [(1, 2), (3, 4), (5, 6)]
    assert not (await stored_trail.check()).findings


async def test_one_at_a_time_seals(bus, act, sealing, sealed_up_to):
    """Of two sealers one has the lease; the other takes over within seconds when it leaves."""
    async with AsyncExitStack() as first:
        one = await first.enter_async_context(sealing())
        await act()
        await sealed_up_to(1)
        async with sealing() as other:
            await act(3)
            await sealed_up_to(4)
            assert one.get_sample_value("sightline_audit_sealed_entries_total") == 4
            assert other.get_sample_value("sightline_audit_sealed_entries_total") == 0
            await first.aclose()
            await act()
            await sealed_up_to(5)
            assert other.get_sample_value("sightline_audit_sealed_entries_total") == 1


async def test_a_stale_sealer_cannot_seal_twice(bus, act, stored_trail):
    """The broker refuses a seal whose maker did not see the last one, and ranges do not overlap."""
    await act(4)
    book = SealBook(bus)
    entries = [entry async for entry in stored_trail.entries()]
    stale = await book.place(PUBLIC)
    place = await book.append(make_seal(None, entries[:2], KEY), stale)
    with pytest.raises(FailedPrecondition, match="WRONG_LAST_SEQUENCE"):
        await book.append(make_seal(None, entries, KEY), stale)
    await book.append(make_seal(place.seal, entries[2:], KEY), place)
    assert not (await stored_trail.check()).findings


async def test_sealers_without_a_lease_do_not_harm(bus, act, stored_trail, sealed_up_to):
    """Three that all believe to be alone, while entries come, make one chain without a gap."""
    sealers = [Sealer(bus, await bus.bucket(DUTIES), KEY, CollectorRegistry()) for _ in range(3)]
    tasks = [asyncio.create_task(sealer._seal_on()) for sealer in sealers]  # what they do with a lease
    for _ in range(10):
        await act(random.randint(1, 5))  # noqa: S311 - any number will do
        await asyncio.sleep(0.3)
    await sealed_up_to(await AuditTrail(bus).last())
    await asyncio.gather(*map(end, tasks))
    verdict = await stored_trail.check()
    assert (verdict.findings, verdict.unsealed) == ([], 0)


async def test_the_brokers_crash_costs_no_entry(act, sealing, sealed_up_to, stored_trail, nats_server, until, bus):
    """Killed in the middle and started again, the broker gets the rest sealed, each entry once."""
    async with sealing():
        await act(3)
        nats_server.kill()
        nats_server.start()

        async def answers():
            try:
                await act()
            except Unavailable:
                return False
            return True

        await until(answers)
        # Leases lie in memory; `sightline provision --watch` makes their bucket again.
        await provision(bus, TOPOLOGY)
        await sealed_up_to(await AuditTrail(bus).last())
    verdict = await stored_trail.check()
    assert (verdict.findings, verdict.unsealed) == ([], 0)


async def test_what_others_write_among_the_seals_moves_nothing(bus, act, sealing, sealed_up_to, stored_trail):
    """A forged seal that says all is sealed stops nobody; the check says that it is there."""
    await act(2)
    async with sealing():
        await sealed_up_to(2)
    forged = make_seal(None, [entry async for entry in stored_trail.entries()], KEY)
    forged.last_sequence = 10**12
    await bus.js.publish(SEALS, forged.SerializeToString())
    await bus.js.publish(SEALS, b"no seal at all")
    await act(2)
    async with sealing():
        await sealed_up_to(4)
    verdict = await stored_trail.check()
    assert [finding.reason for finding in verdict.findings] == ["SEAL_FORGED", "SEAL_FORGED"]
    assert (verdict.seals, verdict.unsealed) == (2, 0)


async def test_another_key_goes_on_behind_the_last_seal(bus, act, sealing, sealed_up_to, stored_trail):
    """After the key was replaced the chain goes on, and both keys together vouch for it."""
    old = Ed25519PrivateKey.generate()
    await act(2)
    await SealBook(bus).append(make_seal(None, [entry async for entry in stored_trail.entries()], old), Place())
    await act(2)
    async with sealing():
        await sealed_up_to(4)
    ranges = [(seal.number, seal.first_sequence, seal.last_sequence) async for seal in stored_trail.seals()]
    assert ranges == [(1, 1, 2), (2, 3, 4)]
    keys = {key_id(key): key for key in (old.public_key(), PUBLIC)}
    assert not (await TrailCheck(Trust(keys, timedelta(days=1))).run(stored_trail)).findings


async def test_how_far_behind_it_is_can_be_seen(bus, act, sealing, sealed_up_to):
    """Entries and seconds without a seal, as any replica sees them; nothing once all is sealed."""
    registry = CollectorRegistry()
    unsealed = Unsealed(bus, SealBook(bus), PUBLIC, registry)
    await act(3)
    await asyncio.sleep(1.1)
    await unsealed.look()
    assert registry.get_sample_value("sightline_audit_unsealed_entries") == 3
    assert 1 < registry.get_sample_value("sightline_audit_unsealed_seconds") < 30
    async with sealing():
        await sealed_up_to(3)
    await unsealed.look()
    assert registry.get_sample_value("sightline_audit_unsealed_entries") == 0
    assert registry.get_sample_value("sightline_audit_unsealed_seconds") == 0


async def test_a_sealer_that_does_not_seal_is_not_healthy(bus, act):
    """While it is its turn and an entry waits for more than a minute; whose turn it is not is healthy."""
    sealer = Sealer(bus, await bus.bucket(DUTIES), KEY, CollectorRegistry())
    sealer._unsealed.seconds = module.LATE_SECONDS + 1  # a minute is long for a test
    await sealer.check()
    sealer._held = True
    with pytest.raises(Unavailable, match="AUDIT_UNSEALED"):
        await sealer.check()


@pytest.mark.parametrize("stream", [AUDIT, AUDIT_SEALS])
async def test_clients_cannot_shorten_it(bus, act, sealing, sealed_up_to, stream):
    """Neither entries nor seals can be deleted or purged, nor the streams be told to allow it."""
    await act()
    async with sealing():
        await sealed_up_to(1)
    with pytest.raises(APIError, match="message delete not permitted"):
        await bus.js.delete_msg(stream, 1)
    with pytest.raises(APIError, match="stream purge not permitted"):
        await bus.js.purge_stream(stream)
    config = (await bus.js.stream_info(stream)).config
    config.deny_delete = config.deny_purge = False
    with pytest.raises(APIError, match="can not cancel deny"):
        await bus.js.update_stream(config)
    assert (await bus.js.stream_info(stream)).state.messages == 1
