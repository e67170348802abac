"""A key's rotation: the successor is like the key, the key ends, and no crash or race leaves a third one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from grants_for_tests import grant
from nats.errors import ConnectionClosedError
from secrets_for_tests import secrets_folder

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, PermissionDenied, Unavailable
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.identity.rights import EVERYTHING
from sightline.notify.api_keys import ApiKeys, Order

A = "a" * 26
DAY = timedelta(days=1)
NOW = timedelta()


class Dying:
    """The bucket, whose process dies before or after the write of that number."""

    def __init__(self, bucket, write: int, *, after: bool) -> None:
        self._bucket = bucket
        self._left = write
        self._after = after

    async def get(self, key):
        return await self._bucket.get(key)

    async def update(self, key, data, last):
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._after):
            raise ConnectionClosedError
        revision = await self._bucket.update(key, data, last)
        if self._left == 0:
            raise ConnectionClosedError
        return revision


@pytest.fixture
def keys_on(book, uses):
    """A function that gives the use cases on another bucket, or with another copy."""
    return lambda bucket, copy=book: ApiKeys(bucket, copy, secrets_folder().callers_key(), uses)


@pytest.fixture
def living(keys):
    """A function that gives the ids of a subject's keys that work."""

    async def ids(subject_id):
        page = await keys.page(EVERYTHING, subject_id, show_ended=False, after="", limit=100)
        return {key.id for key in page}

    return ids


def end_of(key) -> datetime:
    """When a key ends."""
    return key.expire_time.ToDatetime(UTC)


async def test_a_successor_is_like_the_key(keys, admin, register, identify, book):
    """Name, rights and lifetime are the same, both work during the overlap, and the old key names the new one."""
    alice = await register("alice", grant("viewer"))
    old = await keys.create(admin, Order(alice.id, "laptop", [grant("viewer", [A])], 30 * DAY))
    new = await keys.rotate(admin, old.key.id, DAY)
    assert (new.key.subject_id, new.key.name, new.key.grants) == (alice.id, "laptop", old.key.grants)
    assert new.key.lifetime == old.key.lifetime
    assert (await identify(new.text)).rights == (await identify(old.text)).rights
    stored = book.key(old.key.id).key
    assert stored.successor_id == new.key.id
    assert end_of(stored) - datetime.now(UTC) == pytest.approx(DAY, abs=timedelta(seconds=10))


async def test_without_an_overlap_the_old_key_ends_now(keys, admin, enrol, identify):
    """A key that has leaked is replaced in one call."""
    caller = await enrol("alice", grant("viewer"))
    old = await keys.create(admin, Order(caller.subject, "laptop"))
    new = await keys.rotate(admin, old.key.id, NOW)
    with pytest.raises(CredentialRefused):
        await identify(old.text)
    assert (await identify(new.text)).subject == caller.subject


async def test_no_overlap_makes_a_key_live_longer(keys, admin, enrol, book):
    """A key that ends before the overlap does ends when it would have."""
    caller = await enrol("alice", lifetime=DAY)
    before = end_of(book.key(caller.credential_id).key)
    await keys.rotate(admin, caller.credential_id, 30 * DAY)
    assert end_of(book.key(caller.credential_id).key) == before


async def test_what_has_ended_is_not_rotated(keys, admin, enrol):
    """Neither a revoked key, nor one that ended in a rotation, nor one that is being replaced, nor none."""
    ended, replaced, revoked = [(await keys.create(admin, Order(admin.subject, "x"))).key.id for _ in range(3)]
    await keys.rotate(admin, ended, NOW)
    await keys.rotate(admin, replaced, DAY)
    await keys.revoke(revoked)
    for key_id in (ended, replaced, revoked):
        with pytest.raises(FailedPrecondition, match="KEY_ENDED"):
            await keys.rotate(admin, key_id, DAY)
    with pytest.raises(NotFound, match="API_KEY_NOT_FOUND"):
        await keys.rotate(admin, A, DAY)


async def test_a_narrow_key_does_not_rotate_a_wider_one(keys, admin, enrol, living):
    """Otherwise it would get the wider one's rights; neither one with grants nor one that follows its subject."""
    narrow = await enrol("alice", grant("viewer"), grant("operator"), key_grants=[grant("viewer")])
    for grants in ([], [grant("operator")]):
        wide = await keys.create(admin, Order(narrow.subject, "wide", grants))
        before = await living(narrow.subject)
        with pytest.raises(PermissionDenied, match="GRANTS_TOO_WIDE"):
            await keys.rotate(narrow, wide.key.id, DAY)
        assert await living(narrow.subject) == before


async def test_a_key_rotates_itself_and_what_it_could_make(keys, admin, enrol, identify):
    """Itself for as long as it was made for; another one that is no wider and ends no later; an open key every one."""
    narrow = await enrol("alice", grant("viewer"), key_grants=[grant("viewer")], lifetime=2 * DAY)
    part = await keys.create(admin, Order(narrow.subject, "part", [grant("viewer", [A])], DAY))
    assert (await keys.rotate(narrow, part.key.id, DAY)).key.lifetime.ToTimedelta() == DAY
    itself = await keys.rotate(narrow, narrow.credential_id, DAY)
    assert itself.key.lifetime.ToTimedelta() == 2 * DAY
    opened = await keys.create(admin, Order(narrow.subject, "open", lifetime=DAY))
    other = await keys.create(admin, Order(narrow.subject, "open, too", lifetime=3600 * timedelta(seconds=1)))
    assert (await keys.rotate(await identify(opened.text), other.key.id, DAY)).key.name == "open, too"


async def test_a_key_does_not_rotate_one_that_outlives_it(keys, admin, enrol):
    """Otherwise a stolen key that ends soon would beget one that does not."""
    caller = await enrol("alice", grant("viewer"), lifetime=DAY)
    longer = await keys.create(admin, Order(caller.subject, "longer", lifetime=2 * DAY))
    with pytest.raises(InvalidInput, match="LIFETIME_TOO_LONG"):
        await keys.rotate(caller, longer.key.id, DAY)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("write", [1, 2], ids=["of the successor", "of the old key"])
async def test_a_crash_leaves_no_key_that_anybody_could_use(
    keys, keys_on, bucket, admin, register, living, identify, book, write, after
):
    """Where the process dies around either write, the rotation can be repeated or has happened; one successor lives."""
    alice = await register("alice", grant("viewer"))
    old = await keys.create(admin, Order(alice.id, "laptop"))
    with pytest.raises(Unavailable):
        await keys_on(Dying(bucket, write, after=after)).rotate(admin, old.key.id, DAY)
    await book.reached((await bucket.status()).stream_info.state.last_seq)
    assert (await identify(old.text)).subject == alice.id
    if (write, after) == (2, True):
        with pytest.raises(FailedPrecondition, match="KEY_ENDED"):
            await keys.rotate(admin, old.key.id, DAY)
        assert await living(alice.id) == {old.key.id, book.key(old.key.id).key.successor_id}
        return
    new = await keys.rotate(admin, old.key.id, DAY)
    assert (await identify(new.text)).subject == alice.id
    assert await living(alice.id) == {old.key.id, new.key.id}


async def test_of_two_rotations_at_once_one_wins(keys, keys_on, bucket, other_book, admin, register, living, book):
    """Through two replicas: one caller gets the successor, the others an error, and no other new key works."""
    alice = await register("alice", grant("viewer"))
    old = await keys.create(admin, Order(alice.id, "laptop"))
    replicas = [keys_on(bucket), keys_on(bucket, other_book)]
    await other_book.reached((await bucket.status()).stream_info.state.last_seq)
    rotations = [replicas[n % 2].rotate(admin, old.key.id, DAY) for n in range(4)]
    outcomes = await asyncio.gather(*rotations, return_exceptions=True)
    [new] = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    refused = [outcome.reason for outcome in outcomes if isinstance(outcome, Exception)]
    assert refused == ["KEY_ENDED"] * 3
    await book.reached((await bucket.status()).stream_info.state.last_seq)
    assert book.key(old.key.id).key.successor_id == new.key.id
    assert await living(alice.id) == {old.key.id, new.key.id}


async def test_a_revocation_during_a_rotation_stands(keys, keys_on, bucket, admin, register, living):
    """Where the key is revoked between the two writes, the rotation is refused and its successor revoked."""

    class Revoked:
        """The bucket of a slow process: after its first write the old key is revoked by another."""

        def __init__(self) -> None:
            self.wrote = False

        async def get(self, key):
            return await bucket.get(key)

        async def update(self, key, data, last):
            revision = await bucket.update(key, data, last)
            if not self.wrote:
                self.wrote = True
                await keys.revoke(old.key.id)
            return revision

    alice = await register("alice", grant("viewer"))
    old = await keys.create(admin, Order(alice.id, "laptop"))
    with pytest.raises(FailedPrecondition, match="KEY_ENDED"):
        await keys_on(Revoked()).rotate(admin, old.key.id, DAY)
    assert await living(alice.id) == set()
