"""A destroyed key is nowhere: not in the broker's answers, and not in the bytes of its files."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from broker import find_nats_server, run_nats_server
from key_files import new_key, write_keys
from watched_bus import DiedError, dying

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import NotFound
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.provision import provision
from sightline.chassis.rewrap import Rewrap
from sightline.chassis.topology import KEYS, TOPOLOGY
from sightline.chassis.wrapped_keys import WrappedKeys

CONTEXT = b"sightline.gallery.w.face.f"
CURRENT_SERVER = Path(__file__).parents[3] / "bin" / "current" / "nats-server"

# Opens a record again and again in a process of its own, and says how that went.
READER = """
import asyncio, sys
from pathlib import Path
from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import SightlineError
from sightline.chassis.key_file import KeyFile
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.owner_key import Sealed
from sightline.chassis.wrapped_keys import WrappedKeys

async def main(url, file, owner, nonce, ciphertext):
    sealed = Sealed(bytes.fromhex(nonce), bytes.fromhex(ciphertext))
    async with connect_bus(url, "reader") as bus:
        ring = BucketKeyRing(WrappedKeys(bus), KeyFile(Path(file)), cache_seconds=1.0)
        while True:
            try:
                print((await ring.open(owner, sealed, b"context")).decode(), flush=True)
            except SightlineError as error:
                print(error.reason, flush=True)
            await asyncio.sleep(0.05)

asyncio.run(main(*sys.argv[1:]))
"""


def _servers():
    """The broker on PATH, and a current one where `make` put it: they erase in different ways."""
    yield pytest.param(find_nats_server, id="on-path")
    missing = pytest.mark.skipif(not CURRENT_SERVER.exists(), reason=f"there is no {CURRENT_SERVER}")
    yield pytest.param(lambda: str(CURRENT_SERVER), id="current", marks=missing)


@pytest.fixture(params=_servers())
def any_server(request, tmp_path):
    """A broker of each kind that is here."""
    with run_nats_server(tmp_path / "nats", binary=request.param()) as server:
        yield server


@asynccontextmanager
async def connected(server):
    """A connection to a provisioned broker."""
    async with connect_bus(server.url, "test") as bus:
        await provision(bus, TOPOLOGY)
        yield bus


def stored_bytes(server) -> bytes:
    """Everything that the broker left on the disk, after it ended in order."""
    server.process.terminate()
    server.process.wait()
    server.process = None
    return b"".join(path.read_bytes() for path in sorted(server.store.rglob("*")) if path.is_file())


async def wrappings(wrapped) -> dict[str, bytes]:
    """The newest wrapping of every owner's key, as it is stored."""
    return {each.owner: each.wrapped.ciphertext async for each in wrapped.revisions()}


async def test_the_bytes_of_a_destroyed_key_are_nowhere(any_server, tmp_path):
    """In no file of the broker is any wrapping of a destroyed key, neither from before nor from after a rotation.

    The other owners' keys show that the search finds what is there; and those that were only purged, as clients do
    it, that it would have been there.
    """
    path, first, second = tmp_path / "installation.key", new_key(), new_key()
    owners = [new_id() for _ in range(20)]
    async with connected(any_server) as bus:
        wrapped = WrappedKeys(bus)
        ring = BucketKeyRing(wrapped, write_keys(path, first))
        sealed = {owner: await ring.seal(owner, b"template", CONTEXT) for owner in owners}
        before = await wrappings(wrapped)
        assert await Rewrap(wrapped, write_keys(path, second, first)).run() == len(owners)
        after = await wrappings(wrapped)
        assert not set(before.values()) & set(after.values())
        destroyed, purged, kept = owners[:8], owners[8:12], owners[12:]
        for owner in destroyed:
            await ring.destroy(owner)
        for owner in purged:
            await (await bus.bucket(KEYS)).purge(owner)
        for owner in kept:
            assert await ring.open(owner, sealed[owner], CONTEXT) == b"template"
    raw = stored_bytes(any_server)
    assert not [owner for owner in destroyed if before[owner] in raw or after[owner] in raw]
    assert [owner for owner in purged if after[owner] in raw] == purged
    assert [owner for owner in kept if after[owner] in raw] == kept
    assert not [owner for owner in owners if before[owner] in raw]


async def test_the_last_key_of_a_bucket_leaves_nothing(any_server, tmp_path):
    """An owner who is alone in the bucket leaves no bytes either, nor does one whose key was made again."""
    owner, made = new_id(), []
    async with connected(any_server) as bus:
        wrapped = WrappedKeys(bus)
        ring = BucketKeyRing(wrapped, write_keys(tmp_path / "installation.key", new_key()))
        for _ in range(3):
            await ring.seal(owner, b"template", CONTEXT)
            made.append((await wrapped.newest(owner)).wrapped.ciphertext)
            await ring.destroy(owner)
        assert (await bus.js.stream_info(f"KV_{KEYS}")).state.messages == 0
    raw = stored_bytes(any_server)
    assert len(set(made)) == 3
    assert not [each for each in made if each in raw]


async def test_what_lay_within_a_destroyed_key_is_worthless(any_server, tmp_path):
    """Of keys within another one only that one's bytes have to go: an old entry, brought back, opens nothing."""
    file, vault = write_keys(tmp_path / "installation.key", new_key()), new_id()
    inside, kept = [new_id() for _ in range(8)], new_id()
    async with connected(any_server) as bus:
        wrapped = WrappedKeys(bus)
        ring = BucketKeyRing(wrapped, file)
        sealed = {owner: await ring.seal(owner, b"template", CONTEXT, vault) for owner in [*inside, kept]}
        entries = {owner: (await wrapped.newest(owner)).wrapped for owner in [*inside, vault]}
        await ring.destroy_all(inside, within=vault)
        assert set(await wrapped.newest_of([*inside, kept, vault])) == {kept, vault}
        assert await BucketKeyRing(wrapped, file).open(kept, sealed[kept], CONTEXT) == b"template"
        await ring.destroy(vault)
        for owner in inside:
            assert await wrapped.write(owner, entries[owner], after=0)
        with pytest.raises(NotFound, match="KEY_DESTROYED"):
            await BucketKeyRing(wrapped, file).open(inside[0], sealed[inside[0]], CONTEXT)
        # Whoever is made anew in its place opens nothing of before either.
        again = BucketKeyRing(wrapped, file)
        await again.made([kept], within=vault)
        assert set(await again.held(inside)) == set()
    assert entries[vault].ciphertext not in stored_bytes(any_server)


@pytest.mark.parametrize("done", [True, False], ids=["after", "before"])
async def test_a_destruction_that_dies_harms_nobody_and_can_be_repeated(any_server, tmp_path, done):
    """Killed at any request, a destruction leaves the others readable; repeated, it leaves nothing of the owner."""
    file = write_keys(tmp_path / "installation.key", new_key())
    destroyed, kept, at, died = [], new_id(), 0, True
    async with connected(any_server) as bus:
        wrapped = WrappedKeys(bus)
        ring = BucketKeyRing(wrapped, file)
        sealed = await ring.seal(kept, b"template", CONTEXT)
        while died:
            owner = new_id()
            destroyed += await _with_two_revisions(wrapped, file, owner)
            victim = BucketKeyRing(WrappedKeys(dying(bus, at, done=done)), file)
            try:
                await victim.destroy(owner)
            except DiedError:
                at += 1
            else:
                died = False
            assert await BucketKeyRing(wrapped, file).open(kept, sealed, CONTEXT) == b"template"
            await ring.destroy(owner)
            assert await wrapped.newest(owner) is None
        assert await wrapped.count() == 1
        [remaining] = [each.wrapped.ciphertext async for each in wrapped.revisions()]
    # Two revisions: each found and erased, and then nothing found.
    assert at == 5
    raw = stored_bytes(any_server)
    assert remaining in raw
    assert not [each for each in destroyed if each in raw]


async def test_a_key_destroyed_here_is_useless_elsewhere(bus, nats_server, tmp_path):
    """Another process, which has the key in its memory, cannot open the record any more when its cache is that old."""
    path = tmp_path / "installation.key"
    owner, ring = new_id(), BucketKeyRing(WrappedKeys(bus), write_keys(path, new_key()))
    sealed = await ring.seal(owner, b"opened", b"context")
    arguments = (nats_server.url, str(path), owner, sealed.nonce.hex(), sealed.ciphertext.hex())
    reader = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", READER, *arguments), stdout=asyncio.subprocess.PIPE
    )
    try:
        await _said(reader, "opened")
        await ring.destroy(owner)
        # Its cache keeps a key for one second; the rest is for a machine that is busy.
        async with asyncio.timeout(1.0 + 30.0):
            await _said(reader, "KEY_DESTROYED")
    finally:
        reader.kill()
        await reader.wait()


async def _with_two_revisions(wrapped, file, owner) -> list[bytes]:
    """Stores an owner's key as a rotation leaves it that was interrupted, and returns the bytes of both wrappings."""
    entries = [file.current().wrap(owner, bytes(32)) for _ in range(2)]
    assert await wrapped.write(owner, entries[0], after=0)
    assert await wrapped.write(owner, entries[1], after=(await wrapped.newest(owner)).sequence)
    return [entry.ciphertext for entry in entries]


async def _said(reader, word: str) -> None:
    assert reader.stdout is not None
    while word.encode() not in (line := await reader.stdout.readline()):
        assert line, "the reader ended"
