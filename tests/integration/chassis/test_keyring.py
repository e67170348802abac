from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

import pytest

from sightline.chassis import topology
from sightline.chassis.errors import FailedPrecondition, NotFound
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing, generate_key_file, read_key_file

INSTALLATION_KEY = secrets.token_bytes(32)
CONTEXT = b"sightline.gallery.w.face.f"


@pytest.fixture
async def bucket(bus):
    """The `keys` bucket of a real broker."""
    return await bus.bucket(topology.KEYS)


@pytest.fixture
def ring(bucket):
    """A ring without anything in its cache."""
    return BucketKeyRing(bucket, INSTALLATION_KEY)


async def test_what_was_sealed_is_opened_elsewhere(ring, bucket):
    """Another process with the same installation key reads what this one sealed."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    assert b"template" not in sealed.ciphertext
    assert await BucketKeyRing(bucket, INSTALLATION_KEY).open(owner, sealed, CONTEXT) == b"template"


async def test_sealing_twice_shows_no_equality(ring):
    """The same text under the same key never gives the same bytes: each has a nonce of its own."""
    owner = new_id()
    first, second = [await ring.seal(owner, b"template", CONTEXT) for _ in range(2)]
    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext


async def test_a_record_cannot_be_moved(ring):
    """Opened in another context than it was sealed in, a record is refused."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    with pytest.raises(FailedPrecondition, match="RECORD_UNREADABLE"):
        await ring.open(owner, sealed, b"sightline.gallery.w.face.other")


async def test_a_record_cannot_be_altered(ring):
    """One changed bit is refused."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    forged = replace(sealed, ciphertext=bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:])
    with pytest.raises(FailedPrecondition, match="RECORD_UNREADABLE"):
        await ring.open(owner, forged, CONTEXT)


async def test_a_key_cannot_be_given_to_another_owner(ring, bucket):
    """A wrapped key that is copied to another owner does not unwrap."""
    mine, theirs = new_id(), new_id()
    sealed = await ring.seal(mine, b"template", CONTEXT)
    await bucket.put(theirs, (await bucket.get(mine)).value)
    with pytest.raises(FailedPrecondition, match="INSTALLATION_KEY_WRONG"):
        await BucketKeyRing(bucket, INSTALLATION_KEY).open(theirs, sealed, CONTEXT)


async def test_a_wrong_installation_key_is_named(ring, bucket):
    """With another installation's key nothing opens, and the error says which setting to look at."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    other = BucketKeyRing(bucket, secrets.token_bytes(32))
    with pytest.raises(FailedPrecondition, match=r"INSTALLATION_KEY_WRONG: .*SIGHTLINE_KEY_FILE"):
        await other.open(owner, sealed, CONTEXT)
    with pytest.raises(FailedPrecondition, match="INSTALLATION_KEY_WRONG"):
        await other.seal(owner, b"template", CONTEXT)


async def test_a_destroyed_key_is_gone_for_good(ring, bus):
    """Once the owner's key is destroyed nothing opens any more, and the broker holds no trace of it."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    wrapped = (await (await bus.bucket(topology.KEYS)).get(owner)).value
    await ring.destroy(owner)
    with pytest.raises(NotFound, match="KEY_DESTROYED"):
        await ring.open(owner, sealed, CONTEXT)
    state = (await bus.js.stream_info("KV_keys")).state
    for sequence in range(state.first_seq, state.last_seq + 1):
        message = await bus.js.get_msg("KV_keys", sequence)
        assert wrapped not in (message.data or b"")


async def test_a_key_after_a_destroyed_one_opens_only_the_new(ring):
    """An owner who is sealed for again gets another key: the old records stay closed."""
    owner = new_id()
    old = await ring.seal(owner, b"old", CONTEXT)
    await ring.destroy(owner)
    new = await ring.seal(owner, b"new", CONTEXT)
    assert await ring.open(owner, new, CONTEXT) == b"new"
    with pytest.raises(FailedPrecondition, match="RECORD_UNREADABLE"):
        await ring.open(owner, old, CONTEXT)


async def test_rings_that_race_agree_on_one_key(bucket):
    """Replicas that make an owner's key in the same moment end with the same key: each opens the others' records."""
    rings = [BucketKeyRing(bucket, INSTALLATION_KEY) for _ in range(8)]
    for owner in (new_id(), new_id(), new_id()):
        sealed = await asyncio.gather(*(ring.seal(owner, b"template", CONTEXT) for ring in rings))
        opened = await asyncio.gather(
            *(
                ring.open(owner, record, CONTEXT)
                for ring in (*rings, BucketKeyRing(bucket, INSTALLATION_KEY))
                for record in sealed
            )
        )
        assert set(opened) == {b"template"}


async def test_a_key_file_is_its_owners_alone(tmp_path):
    """A generated key file has mode 0600, holds 32 bytes, and no two are the same."""
    first, second = tmp_path / "first", tmp_path / "second"
    generate_key_file(first)
    generate_key_file(second)
    assert first.stat().st_mode & 0o777 == 0o600
    assert len(read_key_file(first)) == 32
    assert read_key_file(first) != read_key_file(second)


def test_a_key_file_is_never_overwritten(tmp_path):
    """Where a file is already it stays, whatever is in it: its loss would be the loss of every record."""
    file = tmp_path / "installation.key"
    file.write_text("precious")
    with pytest.raises(FailedPrecondition, match="KEY_FILE_EXISTS"):
        generate_key_file(file)
    assert file.read_text() == "precious"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "KEY_FILE_MISSING"),
        (b"", "KEY_FILE_INVALID"),
        (b"\xff!", "KEY_FILE_INVALID"),
        (b"c2hvcnQ=", "KEY_FILE_INVALID"),
    ],
)
def test_a_key_file_that_is_none_is_refused(tmp_path, content, reason):
    """A missing, empty, damaged or short key file is named, and its content is not repeated."""
    file = tmp_path / "installation.key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FailedPrecondition, match=reason):
        read_key_file(file)
