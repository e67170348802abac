"""Sealing and opening under owners' keys, on a real broker."""

from __future__ import annotations

import asyncio

import pytest
from key_files import new_key, write_keys

from sightline.chassis import topology
from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, Unavailable
from sightline.chassis.ids import new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.wrapped_keys import WrappedKeys

CONTEXT = b"sightline.gallery.w.face.f"


async def test_what_was_sealed_is_opened_elsewhere(ring, new_ring):
    """Another process with the same installation key reads what this one sealed."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    assert b"template" not in sealed.ciphertext
    assert await new_ring().open(owner, sealed, CONTEXT) == b"template"


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
    """One changed bit is refused, and so is a record without its nonce."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    changed = bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:]
    for forged in (sealed._replace(ciphertext=changed), sealed._replace(nonce=b"")):
        with pytest.raises(FailedPrecondition, match="RECORD_UNREADABLE"):
            await ring.open(owner, forged, CONTEXT)


async def test_a_key_cannot_be_given_to_another_owner(ring, new_ring, wrapped):
    """A wrapped key that is copied to another owner does not unwrap."""
    mine, theirs = new_id(), new_id()
    sealed = await ring.seal(mine, b"template", CONTEXT)
    assert await wrapped.write(theirs, (await wrapped.newest(mine)).wrapped, after=0)
    with pytest.raises(FailedPrecondition, match=f"DATA_KEY_DAMAGED: The stored key of {theirs} "):
        await new_ring().open(theirs, sealed, CONTEXT)


async def test_a_wrong_installation_key_is_named(ring, new_ring, key_file, tmp_path):
    """With another installation's key nothing opens, and the error says which key it is and where it was looked for."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    other = new_ring(write_keys(tmp_path / "other.key", new_key()))
    expected = rf"INSTALLATION_KEY_WRONG: .*{key_file.current().id}, which is not in .*other\.key"
    with pytest.raises(FailedPrecondition, match=expected):
        await other.open(owner, sealed, CONTEXT)
    with pytest.raises(FailedPrecondition, match=expected):
        await other.seal(owner, b"template", CONTEXT)


async def test_a_destroyed_key_opens_nothing(ring, new_ring):
    """Once the owner's key is destroyed nothing opens any more; destroying it again changes nothing."""
    owner = new_id()
    sealed = await ring.seal(owner, b"template", CONTEXT)
    for _ in range(2):
        await ring.destroy(owner)
        for each in (ring, new_ring()):
            with pytest.raises(NotFound, match="KEY_DESTROYED"):
                await each.open(owner, sealed, CONTEXT)


async def test_keys_that_are_destroyed_together_open_nothing(ring, new_ring, wrapped):
    """Of many owners no key is left, whoever had one; those of others are."""
    owners, other = [new_id() for _ in range(150)], new_id()
    sealed = {owner: await ring.seal(owner, b"template", CONTEXT) for owner in (owners[0], owners[-1], other)}
    await ring.made(owners, owners)
    for _ in range(2):
        await ring.destroy_all([*owners, new_id()])
        for each in (ring, new_ring()):
            assert list(await each.held([*owners, other])) == [other]
    assert await wrapped.count() == 1
    await ring.destroy_all([])
    with pytest.raises(NotFound, match="KEY_DESTROYED"):
        await ring.open(owners[0], sealed[owners[0]], CONTEXT)


async def test_a_key_after_a_destroyed_one_opens_only_the_new(ring):
    """An owner who is sealed for again gets another key: the old records stay closed."""
    owner = new_id()
    old = await ring.seal(owner, b"old", CONTEXT)
    await ring.destroy(owner)
    new = await ring.seal(owner, b"new", CONTEXT)
    assert await ring.open(owner, new, CONTEXT) == b"new"
    with pytest.raises(FailedPrecondition, match="RECORD_UNREADABLE"):
        await ring.open(owner, old, CONTEXT)


async def test_an_entry_that_a_client_deleted_is_a_destroyed_key(ring, new_ring, bus):
    """Somebody who deletes an entry with the broker's own tools leaves a marker: it is no key, and no obstacle."""
    owner = new_id()
    sealed = await ring.seal(owner, b"old", CONTEXT)
    await (await bus.bucket(topology.KEYS)).delete(owner)
    with pytest.raises(NotFound, match="KEY_DESTROYED"):
        await new_ring().open(owner, sealed, CONTEXT)
    new = await (other := new_ring()).seal(owner, b"new", CONTEXT)
    assert await other.open(owner, new, CONTEXT) == b"new"


@pytest.mark.parametrize("owner", [">", "*", "", "a.b"])
async def test_an_owner_is_an_id(ring, new_ring, owner):
    """No name that the broker would take for many owners gets as far as destroying all of them."""
    known = new_id()
    sealed = await ring.seal(known, b"template", CONTEXT)
    with pytest.raises(InvalidInput, match="ID_MALFORMED"):
        await ring.destroy(owner)
    assert await new_ring().open(known, sealed, CONTEXT) == b"template"


async def test_keys_of_many_owners_are_those_that_each_has_alone(ring, new_ring):
    """Keys that are made together open what is sealed under each alone, whoever was thought to be new."""
    known, unknown = [new_id() for _ in range(3)], [new_id() for _ in range(200)]
    sealed = {owner: await ring.seal(owner, b"alone", CONTEXT) for owner in known}
    other = new_ring()
    keys = await other.made([*known, *unknown], [known[0], *unknown])
    assert {keys[owner].open(sealed[owner], CONTEXT) for owner in known} == {b"alone"}
    assert {await ring.open(each, keys[each].seal(b"many", CONTEXT), CONTEXT) for each in keys} == {b"many"}
    assert await ring.made([]) == {}


async def test_who_has_no_key_is_not_among_those_held(ring, new_ring, bus):
    """Asked for many keys, a ring gives those that there are, and makes none."""
    mine, gone, marked, never = (new_id() for _ in range(4))
    sealed = {owner: await ring.seal(owner, b"template", CONTEXT) for owner in (mine, gone)}
    await ring.destroy(gone)
    await (await bus.bucket(topology.KEYS)).delete(marked)
    for each in (ring, new_ring()):
        keys = await each.held([mine, gone, marked, never])
        assert list(keys) == [mine]
        assert keys[mine].open(sealed[mine], CONTEXT) == b"template"


async def test_a_secret_is_the_same_everywhere_and_nobody_elses(new_ring):
    """A secret of the installation is made once, whoever asks first, and each name has its own."""
    asked = await asyncio.gather(*(new_ring().secret("enrolment") for _ in range(6)))
    assert len(set(asked)) == 1
    assert len(asked[0]) == 32
    assert await new_ring().secret("other") != asked[0]


async def test_keys_leave_the_memory_when_their_time_is_over(ring, new_ring):
    """A ring that nobody uses any more holds no key after its time: it is gone, not only out of use."""
    short = new_ring(cache_seconds=1.0)
    await ring.seal(new_id(), b"template", CONTEXT)
    await short.seal(new_id(), b"template", CONTEXT)
    assert len(short._cache) == 1
    async with asyncio.timeout(60):
        while len(short._cache):
            await asyncio.sleep(0.05)
    assert len(ring._cache) == 1


async def test_a_broker_that_is_away_is_said_to_be(nats_server, bus, key_file):
    """Without the broker a key that is not in memory cannot be had; the error is one that trying again may help."""
    async with connect_bus(nats_server.url, "impatient") as impatient:
        impatient.js = impatient.client.jetstream(timeout=0.3)
        ring = BucketKeyRing(WrappedKeys(impatient), key_file)
        nats_server.kill()
        for call in (ring.seal(new_id(), b"", CONTEXT), ring.destroy(new_id())):
            with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
                await call


async def test_without_its_bucket_nothing_counts_as_destroyed(bus, ring):
    """A bucket that is missing is an error: an answer would say that every key was destroyed."""
    await bus.js.delete_stream("KV_keys")
    for call in (ring.destroy(new_id()), ring.secret("enrolment"), ring.held([new_id()])):
        with pytest.raises(FailedPrecondition, match="NOT_PROVISIONED"):
            await call


async def test_a_bucket_that_erases_nothing_is_named(bus, ring):
    """Where the broker refuses to erase, as in buckets that others made, destroying does not pretend."""
    await bus.js.delete_stream("KV_keys")
    await bus.js.create_key_value(bucket=topology.KEYS, history=5)
    owner = new_id()
    await ring.seal(owner, b"template", CONTEXT)
    with pytest.raises(FailedPrecondition, match=r"KEY_NOT_ERASED: .*\(10057\).*sightline provision"):
        await ring.destroy(owner)
