"""The drill: a broker is lost, and all that it had acknowledged comes back, but for those who were erased since."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from broker import run_closed_nats_server
from broker_release import needs_new_broker
from nats.js.errors import NotFoundError
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis import topology
from sightline.chassis.audit import Audited, Auditor
from sightline.chassis.backup_contents import KEYS, MAIN, Part
from sightline.chassis.bus import connect_bus
from sightline.chassis.ending import end
from sightline.chassis.errors import FailedPrecondition, NotFound
from sightline.chassis.identity.rights import FULL_REACH
from sightline.chassis.ids import new_id
from sightline.chassis.principal import Principal, enter
from sightline.chassis.provision import provision
from sightline.chassis.seals import key_id
from sightline.chassis.topology import ALERTS, AUDIT, GALLERY, NOTIFY_ERASED, TOPOLOGY
from sightline.chassis.trail_check import TrailCheck, Trust
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.cli.backup.backup import take
from sightline.cli.backup.places import FolderPlace
from sightline.cli.backup.restore import bring_back
from sightline.cli.backup.shelf import find
from sightline.notify.audit_trail import AuditTrail
from sightline.notify.seal_book import SealBook
from sightline.notify.sealer import Sealer
from sightline.v1 import alert_service_pb2

KEY = secrets_folder().seal_key()
PUBLIC = KEY.public_key()
SEALED = 40


@pytest.fixture
def lost(tmp_path):
    """The broker that is going to be lost; it lets each party to its own alone."""
    with run_closed_nats_server(tmp_path / "lost") as server:
        yield server


@pytest.fixture
def empty(tmp_path):
    """The broker to which everything is restored."""
    with run_closed_nats_server(tmp_path / "empty") as server:
        yield server


@pytest.fixture
def place(tmp_path):
    """Where backups go."""
    return FolderPlace(tmp_path / "backups")


@asynccontextmanager
async def party(name, server):
    """A connection with the rights of a party, and no others."""
    async with connect_bus(server.url, name, key=secrets_folder().broker_key(name)) as bus:
        yield bus


async def provisioned(server) -> None:
    """Everything of the table is there."""
    async with party("provision", server) as bus:
        await provision(bus, TOPOLOGY)


async def backed_up(server, place, part):
    """Takes a backup, as its party may."""
    async with party("backup", server) as bus:
        return await take(bus, place, part)


async def restored(server, place):
    """Restores the newest backup, as its party may, and lets the services' consumers be made."""
    async with party("restore", server) as bus:
        done = await bring_back(bus, await find(place, Part.MAIN), await find(place, Part.KEYS))
    await provisioned(server)
    return done


async def lying(server, stream) -> dict[int, tuple]:
    """What lies in a stream, by its sequence: subject, headers, body and time."""
    async with connect_bus(server.tester_url, "test") as bus:
        state, found = (await bus.js.stream_info(stream)).state, {}
        for sequence in range(state.first_seq, state.last_seq + 1) if state.messages else ():
            # Of a bucket the last revision alone is there.
            with suppress(NotFoundError):
                message = await bus.js.get_msg(stream, sequence)
                found[sequence] = (message.subject, message.headers, message.data, message.time)
        return found


@dataclass
class Work:
    """What a system does without a pause, and what was acknowledged of it: sequences by stream."""

    server: object
    acknowledged: dict = field(default_factory=lambda: {ALERTS: [], AUDIT: []})

    async def run(self):
        """Until it is cancelled."""
        enter(Principal("somebody"), FULL_REACH)
        async with party("notify", self.server) as notify:
            auditor = Auditor(notify, "notify")
            while True:
                event = alert_service_pb2.AlertEvent()
                event.alert.id = new_id()
                subject = topology.alerts("w" * 26, "raised")
                self.acknowledged[ALERTS].append(await notify.publish(subject, event, dedup_id=event.alert.id))
                async with auditor.audit(Audited("alerts.get", "w" * 26, purpose="drill")):
                    pass
                self.acknowledged[AUDIT].append(len(self.acknowledged[AUDIT]) + 1)


class Trail:
    """A StoredTrail: what lies on a broker."""

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


@asynccontextmanager
async def sealing(server):
    """Notify seals the trail while the block runs."""
    async with party("notify", server) as bus, await _sealer(bus):
        yield SealBook(bus)


async def _sealer(bus):
    return Sealer(bus, await bus.bucket(topology.DUTIES), KEY, CollectorRegistry()).running()


async def test_a_lost_broker_comes_back_with_all_that_it_acknowledged(lost, empty, place, tmp_path, until, match_on):
    """Backed up at work it lacks nothing that was acknowledged before (RPO 0), and its trail is as it was sealed."""
    await provisioned(lost)
    work = Work(lost)
    async with party("match", lost) as bus, match_on(bus, tmp_path / "state") as match, sealing(lost) as seals:
        watchlist = await match.create()
        ann = await match.enroll(watchlist, "ann")
        working = asyncio.create_task(work.run())
        await until(lambda: _sealed(seals))
        acknowledged = {stream: list(sequences) for stream, sequences in work.acknowledged.items()}
        ledger = await lying(lost, GALLERY)
        main = await backed_up(lost, place, Part.MAIN)
        assert len(work.acknowledged[ALERTS]) > len(acknowledged[ALERTS]), "nothing was done while it was backed up"
        await end(working)
        await backed_up(lost, place, Part.KEYS)
    before = {stream: await lying(lost, stream) for stream in MAIN}
    lost.kill()
    done = await restored(empty, place)
    assert (done.streams, done.passed_over, done.erased_again) == (len({*MAIN, *KEYS}), 0, 0)
    after = {stream: await lying(empty, stream) for stream in MAIN}
    assert set(acknowledged[ALERTS]) <= after[ALERTS].keys()
    assert set(acknowledged[AUDIT]) <= after[AUDIT].keys()
    assert len(acknowledged[AUDIT]) >= SEALED
    assert after[GALLERY] == ledger
    for stream, messages in after.items():
        assert messages.items() <= before[stream].items(), stream
        assert len(messages) >= main.file(stream).state["messages"]
    async with party("notify", empty) as bus:
        verdict = await TrailCheck(Trust({key_id(PUBLIC): PUBLIC}, timedelta(days=1))).run(Trail(bus))
    assert (verdict.findings, verdict.entries) == ([], len(after[AUDIT]))
    assert verdict.seals
    async with party("match", empty) as bus, match_on(bus, tmp_path / "new") as match:
        assert await match.found(match.parts.watchlists.get("wanted"), "ann") == [ann.face.id]


async def _sealed(seals) -> bool:
    return (await seals.place(PUBLIC)).sealed >= SEALED


async def test_whoever_was_erased_since_stays_erased(lost, empty, place, tmp_path, match_on):
    """A backup from before erasures, with later keys: the erased are not found, and notify hears of them again.

    That is a person, one face of a person who stays, and somebody who was enrolled again, under another key.
    """
    await provisioned(lost)
    async with party("match", lost) as bus, match_on(bus, tmp_path / "state") as match:
        watchlist = await match.create()
        ann, eve, fay = [await match.enroll(watchlist, name) for name in ("ann", "eve", "fay")]
        side = await match.enroll(watchlist, "ann", shows="side of ann")
        keys = {name: await _stored_key(bus, each.face.person_id) for name, each in (("ann", ann), ("eve", eve))}
        await backed_up(lost, place, Part.KEYS)
        assert _has(tmp_path / "backups", keys["eve"])
        await backed_up(lost, place, Part.MAIN)
        for name in ("eve", "fay"):
            await match.parts.persons.delete(watchlist, name)
        await match.parts.faces.delete(watchlist, [side.face.id])
        await match.enroll(watchlist, "fay")
        await backed_up(lost, place, Part.KEYS)
    for old in sorted((tmp_path / "backups").glob("keys-*"))[:-1]:
        _drop(old)
    lost.kill()
    assert _has(tmp_path / "backups", keys["ann"])
    assert not _has(tmp_path / "backups", keys["eve"])
    done = await restored(empty, place)
    assert done.erased_again >= 3
    async with party("match", empty) as bus, match_on(bus, tmp_path / "new") as match:
        assert await match.found(watchlist, "ann") == [ann.face.id]
        for name in ("eve", "fay", "side of ann"):
            assert await match.found(watchlist, name) == [], name
        for gone in (eve, fay):
            with pytest.raises(NotFound):
                match.parts.persons.get(watchlist, gone.face.person_id)
        await match.parts.gallery.check()
        assert (await match.enroll(watchlist, "eve")).created
    async with party("operator", empty) as bus:
        assert await bus.lag(NOTIFY_ERASED) >= 2


async def _stored_key(bus, owner) -> bytes:
    return (await WrappedKeys(bus).newest(owner)).wrapped.ciphertext


def _has(folder, data: bytes) -> bool:
    """Whether any backup there has these bytes: copies are compressed, and random bytes stay as they are."""
    return any(data in path.read_bytes() for path in folder.rglob("*.snapshot"))


def _drop(folder) -> None:
    """As time does."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


@needs_new_broker
async def test_what_does_not_fit_is_refused(lost, empty, place, tmp_path, match_on):
    """Keys from before the main backup, a broker that has something, and a file that was changed: each says so."""
    await provisioned(lost)
    await backed_up(lost, place, Part.KEYS)
    await backed_up(lost, place, Part.MAIN)
    async with party("restore", empty) as bus:
        main, keys = await find(place, Part.MAIN), await find(place, Part.KEYS)
        with pytest.raises(FailedPrecondition, match="KEYS_OLDER"):
            await bring_back(bus, main, keys)
        await backed_up(lost, place, Part.KEYS)
        keys = await find(place, Part.KEYS)
        async with party("match", lost) as match, match_on(match, tmp_path / "state") as opened:
            await opened.create()
        async with party("restore", lost) as living:
            with pytest.raises(FailedPrecondition, match="BROKER_NOT_EMPTY"):
                await bring_back(living, main, keys)
        first = await bring_back(bus, main, keys)
        again = await bring_back(bus, main, keys)
        assert (again.streams, again.passed_over) == (0, first.streams)
    changed = next((tmp_path / "backups").glob("main-*/GALLERY.snapshot"))
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    with pytest.raises(FailedPrecondition, match="BACKUP_DAMAGED: GALLERY"):
        await main.verify()
