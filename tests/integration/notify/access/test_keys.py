"""API keys: what they may never do, how they are listed, and how they end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from grants_for_tests import grant

from sightline.chassis.errors import (
    FailedPrecondition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from sightline.chassis.identity import api_key
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.identity.rights import EVERYTHING, NO_RIGHTS, Rights, Selection
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import Principal
from sightline.notify.api_keys import MAX_LIVE_KEYS, ApiKeyPlaces, Order
from sightline.notify.subjects import Who

A, B = "a" * 26, "b" * 26
DAY = timedelta(days=1)


def listed(grants):
    """Grants as tuples, for comparisons."""
    return [(each.role, list(each.watchlist_ids), list(each.camera_ids)) for each in grants]


async def test_a_key_opens_what_its_subject_may(keys, admin, register, identify):
    """The text that is returned is a key of the subject, at once, with the subject's rights and an end."""
    alice = await register("alice", grant("viewer", [A]))
    made = await keys.create(admin, Order(alice.id, "laptop"))
    caller = await identify(made.text)
    assert (caller.subject, caller.credential_id) == (alice.id, made.key.id)
    assert caller.rights == Rights.of([grant("viewer", [A])])
    assert caller.expires == pytest.approx(time.time() + 90 * 86400, abs=60)
    assert (made.key.name, made.key.creator_id) == ("laptop", admin.subject)
    assert made.key.lifetime.ToTimedelta() == 90 * DAY


async def test_the_secret_is_stored_nowhere(keys, admin, register, bus):
    """Neither the key nor its secret is on the broker: what lies there cannot be used to call."""
    made = await keys.create(admin, Order((await register("alice")).id, "laptop"))
    secret = api_key.parse(made.text).secret
    state = (await bus.js.stream_info("KV_access")).state
    stored = [await bus.js.get_msg("KV_access", n) for n in range(1, state.last_seq + 1)]
    assert any(made.key.id.encode() in message.data for message in stored)
    assert not any(secret.encode() in message.data for message in stored)
    assert made.text not in repr(made)


@pytest.mark.parametrize(
    "asked",
    [
        grant("operator", [A], ["*"]),  # another role
        grant("viewer", [A, B], ["*"]),  # another watchlist
        grant("viewer", ["*"], ["*"]),  # all of them
        grant("admin", [], []),
    ],
    ids=["role", "watchlist", "all", "admin"],
)
async def test_no_key_makes_a_wider_one(keys, enrol, asked):
    """What the maker's own credential does not allow, no key of its making does; the role is named."""
    caller = await enrol("alice", grant("viewer"), grant("operator"), key_grants=[grant("viewer", [A])])
    with pytest.raises(PermissionDenied, match="GRANTS_TOO_WIDE"):
        await keys.create(caller, Order(caller.subject, "wider", [asked]))


async def test_a_key_makes_narrower_ones(keys, enrol, identify):
    """A part of the maker's rights can be given on."""
    caller = await enrol("alice", grant("viewer"), grant("operator"), key_grants=[grant("viewer", [A, B])])
    made = await keys.create(caller, Order(caller.subject, "narrow", [grant("viewer", [A], [B])], DAY))
    assert (await identify(made.text)).rights == Rights.of([grant("viewer", [A], [B])])


async def test_the_key_of_a_narrow_key_does_not_grow(keys, enrol, register, identify):
    """A key asked for without grants is as narrow as its maker, and remains so when its subject is granted more."""
    narrow = await enrol("alice", grant("viewer", [A]), key_grants=[grant("viewer", [A])])
    made = await keys.create(narrow, Order(narrow.subject, "child"))
    await register("alice", grant("viewer"), grant("admin"))
    assert (await identify(made.text)).rights == Rights.of([grant("viewer", [A])])


async def test_the_key_of_an_open_key_follows_its_subject(keys, enrol, register, identify):
    """A maker that is not narrowed makes keys that are not, either: they change with the subject's grants."""
    caller = await enrol("alice", grant("viewer", [A]))
    made = await keys.create(caller, Order(caller.subject, "child"))
    assert listed(made.key.grants) == []
    await register("alice", grant("operator"))
    assert (await identify(made.text)).rights == Rights.of([grant("operator")])


async def test_nothing_does_not_beget_everything(keys, enrol, register, identify):
    """A narrow key whose subject lost that role may do nothing; its child would follow the subject, and is refused."""
    caller = await enrol("alice", grant("viewer"), key_grants=[grant("viewer")])
    await register("alice", grant("operator"))
    caller = Principal(caller.subject, NO_RIGHTS, "api-key", caller.credential_id, expires=caller.expires)
    with pytest.raises(PermissionDenied, match="GRANTS_TOO_WIDE"):
        await keys.create(caller, Order(caller.subject, "child"))


async def test_an_administrator_makes_keys_within_the_subject(keys, admin, register, identify):
    """For others an administrator makes what the others may, and nothing that they may not."""
    alice = await register("alice", grant("viewer", [A]))
    with pytest.raises(PermissionDenied, match=r"GRANTS_TOO_WIDE: .*operator"):
        await keys.create(admin, Order(alice.id, "wide", [grant("operator", [A])]))
    made = await keys.create(admin, Order(alice.id, "narrow", [grant("viewer", [A], [B])]))
    assert (await identify(made.text)).rights == Rights.of([grant("viewer", [A], [B])])


async def test_an_administrator_is_bound_for_themselves(keys, enrol, identify):
    """With a narrowed key an administrator makes no wider one for themselves, asked for or not."""
    caller = await enrol("boss", grant("admin"), grant("operator"), key_grants=[grant("admin")])
    with pytest.raises(PermissionDenied, match="GRANTS_TOO_WIDE"):
        await keys.create(caller, Order(caller.subject, "wide", [grant("operator")]))
    made = await keys.create(caller, Order(caller.subject, "same"))
    assert (await identify(made.text)).rights == Rights.of([grant("admin")])


async def test_no_key_outlives_its_maker(keys, enrol):
    """A credential that ends soon makes nothing that ends later; the answer says what is possible."""
    caller = await enrol("alice", grant("viewer"), lifetime=10 * DAY)
    with pytest.raises(InvalidInput, match=r"LIFETIME_TOO_LONG: .*9 days, 23:59"):
        await keys.create(caller, Order(caller.subject, "longer", lifetime=11 * DAY))
    made = await keys.create(caller, Order(caller.subject, "as long"))
    assert made.key.expire_time.ToNanoseconds() / 1e9 == pytest.approx(caller.expires, abs=3)
    assert made.key.expire_time.ToNanoseconds() / 1e9 <= caller.expires
    short = await keys.create(caller, Order(caller.subject, "shorter", lifetime=DAY))
    assert short.key.lifetime.ToTimedelta() == DAY


async def test_an_administrators_key_may_make_one_that_lives_longer(keys, enrol):
    """Whoever grants decides how long."""
    caller = await enrol("boss", grant("admin"), lifetime=DAY)
    made = await keys.create(caller, Order(caller.subject, "long", lifetime=300 * DAY))
    assert made.key.lifetime.ToTimedelta() == 300 * DAY


async def test_who_signs_in_needs_to_be_registered(keys, subjects, identify):
    """A person whom only the identity provider knows cannot have keys; registered they can, within what both allow."""
    who = Who.identified("https://idp.example", "u-17")
    caller = Principal(who.id, Rights.of([grant("viewer", [A])]), "oidc", expires=time.time() + 3600)
    with pytest.raises(FailedPrecondition, match="SUBJECT_UNKNOWN"):
        await keys.create(caller, Order(who.id, "laptop"))
    await subjects.set_grants(who, [grant("viewer"), grant("operator")])
    made = await keys.create(caller, Order(who.id, "laptop"))
    assert (await identify(made.text)).rights == Rights.of([grant("viewer", [A])])
    assert made.key.lifetime.ToTimedelta() <= timedelta(hours=1)
    with pytest.raises(PermissionDenied, match="GRANTS_TOO_WIDE"):
        await keys.create(caller, Order(who.id, "laptop", [grant("operator")]))


async def test_the_disabled_get_no_keys(keys, admin, register):
    """A key that would not work is not made."""
    alice = await register("alice", grant("viewer"), disabled=True)
    with pytest.raises(FailedPrecondition, match="SUBJECT_DISABLED"):
        await keys.create(admin, Order(alice.id, "laptop"))


async def test_services_make_no_keys(keys, register):
    """A service acts for people for a minute; it cannot make itself a key of theirs that lasts."""
    alice = await register("alice", grant("viewer"))
    acting = Principal(alice.id, credential="service", via="match")
    with pytest.raises(PermissionDenied, match="SERVICES_MAKE_NO_KEYS"):
        await keys.create(acting, Order(alice.id, "mine"))


async def test_a_subject_has_so_many_keys_and_no_more(keys, enrol):
    """Whoever may call cannot fill every service's memory with keys; those that have ended do not count."""
    caller = await enrol("alice", grant("viewer"))
    made = [await keys.create(caller, Order(caller.subject, str(n))) for n in range(MAX_LIVE_KEYS - 1)]
    with pytest.raises(ResourceExhausted, match="KEYS_TOO_MANY"):
        await keys.create(caller, Order(caller.subject, "one more"))
    await keys.revoke(made[0].key.id)
    await keys.create(caller, Order(caller.subject, "one more"))


async def test_a_revoked_key_opens_nothing(keys, enrol, identify, admin):
    """It is refused as soon as the call returns; again it is the same key with the same end."""
    caller = await enrol("alice", grant("viewer"))
    made = await keys.create(caller, Order(caller.subject, "laptop"))
    first = await keys.revoke(made.key.id)
    with pytest.raises(CredentialRefused):
        await identify(made.text)
    assert first.HasField("revoke_time")
    assert await keys.revoke(made.key.id) == first


async def test_an_unknown_key_is_not_revoked(keys, bucket):
    """An id that no key has is not found, and no record comes of it."""
    with pytest.raises(NotFound, match="API_KEY_NOT_FOUND"):
        await keys.revoke(A)
    assert f"key.{A}" not in await bucket.keys()


async def test_a_list_shows_what_is_in_reach(keys, enrol, admin):
    """Of whom the caller may see, of one subject where it is asked for, by id and in pages."""
    alice, bob = await enrol("alice"), await enrol("bob")
    mine = sorted([alice.credential_id] + [(await keys.create(admin, Order(alice.subject, "x"))).key.id for _ in "ab"])

    async def ids(reach, subject="", after="", limit=10):
        page = await keys.page(reach, subject, show_ended=False, after=after, limit=limit)
        return [key.id for key in page]

    assert await ids(Selection.of([alice.subject])) == mine
    assert await ids(EVERYTHING, bob.subject) == [bob.credential_id]
    assert await ids(Selection.of([alice.subject]), bob.subject) == []
    assert {*mine, bob.credential_id, admin.credential_id} == set(await ids(EVERYTHING))
    assert await ids(EVERYTHING, alice.subject, limit=2) == mine[:2]
    assert await ids(EVERYTHING, alice.subject, after=mine[1]) == mine[2:]


async def test_a_list_hides_what_has_ended(keys, enrol, admin, bucket, book):
    """Revoked and expired keys are shown on request alone."""
    caller = await enrol("alice")
    revoked = await keys.create(admin, Order(caller.subject, "revoked"))
    await keys.revoke(revoked.key.id)
    expired = await keys.create(admin, Order(caller.subject, "expired"))
    entry = await bucket.get(f"key.{expired.key.id}")
    record = type(book.key(expired.key.id)).FromString(entry.value)
    record.key.expire_time.FromDatetime(datetime.now(UTC) - DAY)
    await book.reached(await bucket.update(f"key.{expired.key.id}", record.SerializeToString(), entry.revision))
    reach = Selection.of([caller.subject])
    shown = await keys.page(reach, "", show_ended=False, after="", limit=10)
    assert [key.id for key in shown] == [caller.credential_id]
    everything = await keys.page(reach, "", show_ended=True, after="", limit=10)
    assert {key.id for key in everything} == {caller.credential_id, revoked.key.id, expired.key.id}


async def test_a_list_says_when_a_key_was_used(keys, enrol, uses, until, admin):
    """A key that has called shows when; one that never did shows nothing."""
    used = await enrol("alice")
    unused = await keys.create(admin, Order(used.subject, "unused"))

    async def is_noted():
        return await uses.last(used.credential_id) is not None

    await until(is_noted)
    page = await keys.page(EVERYTHING, used.subject, show_ended=False, after="", limit=10)
    shown = {key.id: key.HasField("last_use_time") for key in page}
    assert shown == {used.credential_id: True, unused.key.id: False}


async def test_a_key_belongs_to_its_subject(keys, book, enrol):
    """Where the gate looks: a key's place is its subject, and an unknown one has none."""
    caller = await enrol("alice")
    places = ApiKeyPlaces(book)
    assert (await places.place(caller.credential_id)).subject == caller.subject
    assert await places.place(derived_id("none")) is None
    assert places.missing(A).reason == "API_KEY_NOT_FOUND"
