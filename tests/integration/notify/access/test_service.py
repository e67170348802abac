"""AccessService as callers meet it: through the gate of a running notify, with keys of their own."""

from __future__ import annotations

from contextlib import asynccontextmanager

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from grants_for_tests import grant
from secrets_for_tests import tester_key

from sightline.chassis.errors import NotFound, PermissionDenied, Unauthenticated
from sightline.chassis.ids import derived_id
from sightline.chassis.rpc import BearerText, from_rpc_error, open_channel
from sightline.v1 import access_service_pb2 as pb
from sightline.v1 import events_pb2
from sightline.v1.access_service_pb2_grpc import AccessServiceStub

A = "a" * 26


@pytest.fixture
def notify(bus, nats_server, service_process, tmp_path):
    """A running notify."""
    service = service_process("notify", nats_url=nats_server.url, state_dir=tmp_path / "state")
    service.wait_serving()
    return service


@pytest.fixture
def calling(notify):
    """A function that opens a client for a key."""

    @asynccontextmanager
    async def client(text):
        async with open_channel(notify.target, BearerText(text)) as channel:
            yield AccessServiceStub(channel)

    return client


@pytest.fixture
async def admin(calling):
    """A client of the tester, who has every role."""
    async with calling(tester_key()) as client:
        yield client


@pytest.fixture
def new_key(admin):
    """A function that makes a person with these grants, and a key for them."""

    async def made(handle, *grants):
        await admin.SetGrants(pb.SetGrantsRequest(subject=handle, grants=grants))
        return await admin.CreateApiKey(pb.CreateApiKeyRequest(subject=handle, name="laptop"))

    return made


async def refusal(call):
    """The error of a call that is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value, "notify")


async def test_whoami_says_who_calls(calling, new_key):
    """Subject, handle, credential, its end, and what it may do now."""
    made = await new_key("alice", grant("viewer", [A]))
    async with calling(made.secret) as alice:
        me = await alice.WhoAmI(pb.WhoAmIRequest())
    assert (me.subject_id, me.handle) == (derived_id("subject", "alice"), "alice")
    assert (me.credential_kind, me.credential_id) == ("api-key", made.key.id)
    assert abs(me.expire_time.ToMilliseconds() - made.key.expire_time.ToMilliseconds()) <= 1
    assert list(me.grants) == [grant("viewer", [A])]


async def test_what_is_ones_own_is_ones_own(calling, new_key):
    """Without any role a person sees themselves, and makes, lists, rotates and revokes keys of their own."""
    made = await new_key("alice")
    async with calling(made.secret) as alice:
        subjects = (await alice.ListSubjects(pb.ListSubjectsRequest())).subjects
        assert [each.handle for each in subjects] == ["alice"]
        assert (await alice.GetSubject(pb.GetSubjectRequest(subject="alice"))).subject.handle == "alice"
        own = await alice.CreateApiKey(pb.CreateApiKeyRequest(name="phone"))
        assert own.key.subject_id == made.key.subject_id
        rotated = await alice.RotateApiKey(pb.RotateApiKeyRequest(key_id=own.key.id, overlap=Duration()))
        listed = (await alice.ListApiKeys(pb.ListApiKeysRequest())).keys
        assert {key.id for key in listed} == {made.key.id, rotated.key.id}
        await alice.RevokeApiKey(pb.RevokeApiKeyRequest(key_id=made.key.id))
        assert isinstance(await refusal(alice.WhoAmI(pb.WhoAmIRequest())), Unauthenticated)


async def test_what_is_somebody_elses_is_not_there(calling, new_key):
    """To people without the role somebody else's subject and keys are as if they did not exist, word for word."""
    bobs, made = await new_key("bob", grant("viewer")), await new_key("alice", grant("viewer"))
    unknown = "z" * 26
    async with calling(made.secret) as alice:
        for foreign, missing in (("bob", "carol"), (bobs.key.subject_id, unknown)):
            for call in (
                lambda name: alice.GetSubject(pb.GetSubjectRequest(subject=name)),
                lambda name: alice.CreateApiKey(pb.CreateApiKeyRequest(subject=name, name="x")),
                lambda name: alice.ListApiKeys(pb.ListApiKeysRequest(subject=name)),
            ):
                assert _told(await refusal(call(foreign)), foreign) == _told(await refusal(call(missing)), missing)
        for call in (
            lambda key: alice.RevokeApiKey(pb.RevokeApiKeyRequest(key_id=key)),
            lambda key: alice.RotateApiKey(pb.RotateApiKeyRequest(key_id=key)),
        ):
            assert _told(await refusal(call(bobs.key.id)), bobs.key.id) == _told(await refusal(call(unknown)), unknown)
        grants = pb.SetGrantsRequest(subject="alice", grants=[grant("admin")])
        assert isinstance(await refusal(alice.SetGrants(grants)), PermissionDenied)


def _told(error, name):
    """Class, reason and message, without the name that was asked for."""
    assert isinstance(error, NotFound)
    return type(error), error.reason, error.message.replace(name, "…")


async def test_auditors_see_everybody_and_change_nobody(calling, new_key):
    """Lists are whole for them; somebody else's key they can neither revoke nor rotate nor make."""
    bobs, made = await new_key("bob"), await new_key("eve", grant("auditor", [], []))
    async with calling(made.secret) as eve:
        handles = {each.handle for each in (await eve.ListSubjects(pb.ListSubjectsRequest())).subjects}
        assert handles == {"tester", "bob", "eve"}
        assert (await eve.ListApiKeys(pb.ListApiKeysRequest(subject="bob"))).keys[0].id == bobs.key.id
        for call in (
            eve.RevokeApiKey(pb.RevokeApiKeyRequest(key_id=bobs.key.id)),
            eve.RotateApiKey(pb.RotateApiKeyRequest(key_id=bobs.key.id)),
            eve.CreateApiKey(pb.CreateApiKeyRequest(subject="bob", name="x")),
        ):
            assert isinstance(await refusal(call), NotFound)


async def test_lists_come_in_pages(admin, new_key):
    """Pages follow each other without gap or repetition."""
    for handle in ("alice", "bob", "carol"):
        await new_key(handle)
    for call, request, field in (
        (admin.ListSubjects, pb.ListSubjectsRequest(page_size=3), "subjects"),
        (admin.ListApiKeys, pb.ListApiKeysRequest(page_size=3), "keys"),
    ):
        first = await call(request)
        request.page_token = first.next_page_token
        second = await call(request)
        ids = [each.id for page in (first, second) for each in getattr(page, field)]
        assert len(ids) == 4
        assert ids == sorted(set(ids))
        assert not second.next_page_token


async def test_every_change_is_in_the_audit_trail(admin, calling, new_key, stored):
    """Who changed whose rights and keys, from what to what and why: in ids, with no secret and no name."""
    made = await new_key("alice", grant("viewer", [A]))
    alice, tester = made.key.subject_id, derived_id("subject", "tester")
    request = pb.SetGrantsRequest(subject="alice", grants=[grant("operator")], disabled=True, purpose="she left")
    await admin.SetGrants(request)
    request.disabled = False
    await admin.SetGrants(request)
    async with calling(made.secret) as client:
        wide = pb.CreateApiKeyRequest(name="x", grants=[grant("admin")])
        assert (await refusal(client.CreateApiKey(wide))).reason == "GRANTS_TOO_WIDE"
    rotated = await admin.RotateApiKey(pb.RotateApiKeyRequest(key_id=made.key.id))
    await admin.RevokeApiKey(pb.RevokeApiKeyRequest(key_id=rotated.key.id))
    every = [event for event, _ in await stored("AUDIT", events_pb2.AuditEvent)]
    # The gate's own note of the refusal comes when it comes.
    trail = [each for each in every if each.action != "access.refused"]
    told = [(each.action, each.principal, each.object_id, each.outcome) for each in trail]
    assert told == [
        ("access.set_grants", tester, alice, "ok"),
        ("access.create_key", tester, made.key.id, "ok"),
        ("access.set_grants", tester, alice, "ok"),
        ("access.set_grants", tester, alice, "ok"),
        ("access.create_key", alice, "", "GRANTS_TOO_WIDE"),
        ("access.rotate_key", tester, made.key.id, "ok"),
        ("access.revoke_key", tester, rotated.key.id, "ok"),
    ]
    details = [each.detail for each in trail]
    assert details[0] == f"viewer on watchlists {A}, cameras *; was: nothing"
    assert details[1].startswith(f"for {alice}: all that its subject may; until 20")
    assert details[2] == f"disabled, operator on watchlists *, cameras *; was: viewer on watchlists {A}, cameras *"
    assert details[3] == "operator on watchlists *, cameras *; was: disabled, operator on watchlists *, cameras *"
    assert details[4] == f"for {alice}"
    assert details[5].startswith(f"of {alice}: successor {rotated.key.id}, all that its subject may; until 20")
    assert details[6] == f"of {alice}"
    assert {each.purpose for each in trail} == {"", "she left"}
    everything = b"".join(each.SerializeToString() for each in every)
    for text in (made.secret, rotated.secret, made.secret[30:82], "alice", "laptop"):
        assert text.encode() not in everything


async def test_grants_that_are_too_long_are_refused_as_such(admin, stored):
    """A request that fills megabytes fits neither a record nor the trail: refused by name, audited in short."""
    cameras = [derived_id(str(n)) for n in range(10_000)]
    grants = [grant(role, ["*"], cameras) for role in ("viewer", "operator", "reviewer", "approver", "integrator")]
    error = await refusal(admin.SetGrants(pb.SetGrantsRequest(subject="alice", grants=grants)))
    assert error.reason == "GRANTS_TOO_LONG"
    [(event, _)] = await stored("AUDIT", events_pb2.AuditEvent)
    assert (event.outcome, event.detail[:28]) == ("GRANTS_TOO_LONG", "viewer on watchlists *, came")


async def test_the_longest_grants_are_audited_in_full(admin, stored):
    """What was and what is stands in the trail to the last id, as much as a record can hold."""
    before, after = ([derived_id(str(n)) for n in range(first, first + 9_000)] for first in (0, 9_000))
    for cameras in (before, after):
        await admin.SetGrants(pb.SetGrantsRequest(subject="alice", grants=[grant("viewer", ["*"], cameras)]))
    event = (await stored("AUDIT", events_pb2.AuditEvent))[-1][0]
    assert {*before, *after} <= set(event.detail.replace(";", " ").split())


async def test_no_secret_is_in_the_log(admin, calling, new_key, notify):
    """Neither keys that were made nor those that were shown, right or wrong."""
    made = await new_key("alice")
    wrong = made.secret[:-20] + made.secret[-20:][::-1]
    async with calling(wrong) as stranger:
        assert isinstance(await refusal(stranger.WhoAmI(pb.WhoAmIRequest())), Unauthenticated)
    log = notify.log.read_text()
    assert "rpc_refused" in log
    for text in (made.secret, wrong, tester_key()):
        assert text[30:82] not in log
