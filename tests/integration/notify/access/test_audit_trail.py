"""AuditService: what was done, to auditors, who are in the trail themselves."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import grpc
import pytest
from grants_for_tests import grant
from secrets_for_tests import tester_key

from sightline.chassis.ids import derived_id
from sightline.chassis.rpc import BearerText, from_rpc_error, open_channel
from sightline.v1 import access_service_pb2 as access
from sightline.v1 import audit_service_pb2 as pb
from sightline.v1.access_service_pb2_grpc import AccessServiceStub
from sightline.v1.audit_service_pb2_grpc import AuditServiceStub

TESTER = derived_id("subject", "tester")


@pytest.fixture
def notify(bus, nats_server, service_process, tmp_path):
    """A running notify."""
    service = service_process("notify", nats_url=nats_server.url, state_dir=tmp_path / "state")
    service.wait_serving()
    return service


@pytest.fixture
async def channel(notify):
    """To it, with the tester's key."""
    async with open_channel(notify.target, BearerText(tester_key())) as opened:
        yield opened


@pytest.fixture
def trail(channel):
    """A client of AuditService."""
    return AuditServiceStub(channel)


@pytest.fixture
def grants(channel):
    """A function that grants something, which is an entry."""
    client = AccessServiceStub(channel)

    async def granted(handle):
        await client.SetGrants(access.SetGrantsRequest(subject=handle, grants=[grant("viewer")]))

    return granted


async def read(trail, **fields):
    """All answers of a call that ends by itself."""
    return [answer async for answer in trail.WatchAudit(pb.WatchAuditRequest(**fields), timeout=20)]


async def test_the_trail_is_shown_to_its_end(trail, grants):
    """What was done before the call, in its order, with places to resume from; then the answer ends."""
    for handle in ("alice", "bob"):
        await grants(handle)
    answers = await read(trail)
    assert [each.event.object_id for each in answers] == [derived_id("subject", name) for name in ("alice", "bob")]
    assert [each.sequence for each in answers] == [1, 2]
    assert {each.event.principal for each in answers} == {TESTER}


async def test_reading_is_an_entry(trail, grants):
    """Who read the trail, and why, is in it; from where they read it goes on."""
    await grants("alice")
    await read(trail, subject_id=TESTER, purpose="inspection", case_reference="2026/17", action="gallery.")
    [answer] = await read(trail, after_sequence=1)
    event = answer.event
    assert (event.action, event.principal, event.object_id) == ("audit.read", TESTER, TESTER)
    assert (event.purpose, event.case_reference, event.outcome) == ("inspection", "2026/17", "ok")
    assert event.detail == "after 0, action 'gallery.'"


@pytest.mark.parametrize("after", [1, 2, 1000])
async def test_where_nothing_follows_the_answer_ends(trail, grants, after):
    """At the last entry, and far behind it, there is nothing to wait for."""
    await grants("alice")
    assert await read(trail, after_sequence=after) == []


async def test_an_empty_trail_is_empty(trail):
    """Before anything was done the answer ends at once."""
    assert await read(trail) == []


async def test_the_trail_is_filtered(trail, grants):
    """By who did it, and by the beginning of what was done."""
    await grants("alice")
    assert await read(trail, subject_id=derived_id("subject", "alice")) == []
    assert len(await read(trail, subject_id=TESTER, action="access.")) == 1
    assert {each.event.action for each in await read(trail, action="audit")} == {"audit.read"}


async def test_a_watcher_sees_what_comes(trail, grants):
    """With `follow` the answer goes on with each new entry, its own first, until the watcher hangs up."""
    watching = trail.WatchAudit(pb.WatchAuditRequest(follow=True), timeout=20)
    answers = aiter(watching)
    assert (await anext(answers)).event.action == "audit.read"
    await grants("alice")
    assert (await anext(answers)).event.action == "access.set_grants"
    watching.cancel()


async def test_only_auditors_read_it(channel, notify):
    """An administrator who is no auditor is refused, and so they cannot watch who watches them."""
    client = AccessServiceStub(channel)
    await client.SetGrants(access.SetGrantsRequest(subject="boss", grants=[grant("admin")]))
    key = await client.CreateApiKey(access.CreateApiKeyRequest(subject="boss", name="x"))
    async with open_channel(notify.target, BearerText(key.secret)) as other:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await read(AuditServiceStub(other))
    assert from_rpc_error(refused.value, "notify").reason == "ROLE_MISSING"


async def test_a_watcher_does_not_hold_up_the_end(trail, notify):
    """SIGTERM ends the watchers' streams, and the process with exit code 0 within 10 s."""
    watching = trail.WatchAudit(pb.WatchAuditRequest(follow=True), timeout=60)
    await anext(aiter(watching))
    async with asyncio.timeout(10):
        assert await asyncio.to_thread(notify.end) == 0
    with suppress(grpc.aio.AioRpcError):
        assert [answer async for answer in watching] == []
