"""AuditService: what was done, to auditors, who are in the trail themselves."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grants_for_tests import grant
from secrets_for_tests import tester_key

from sightline.chassis.ids import derived_id
from sightline.chassis.rpc import BearerText, from_rpc_error, open_channel
from sightline.chassis.seals import chained, digest_of
from sightline.v1 import access_service_pb2 as access
from sightline.v1 import audit_service_pb2 as pb
from sightline.v1.access_service_pb2_grpc import AccessServiceStub
from sightline.v1.audit_service_pb2_grpc import AuditServiceStub

TESTER = derived_id("subject", "tester")


@pytest.fixture
def notify(bus, nats_server, service_process, tmp_path):
    """A running notify, which waits long for work in flight when it is told to end."""
    service = service_process("notify", nats_url=nats_server.url, state_dir=tmp_path / "state", drain_seconds=90)
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
    return [answer async for answer in trail.WatchAudit(pb.WatchAuditRequest(**fields), timeout=60)]


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
    watching = trail.WatchAudit(pb.WatchAuditRequest(follow=True), timeout=60)
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
    """SIGTERM ends the watchers' streams, and the process with exit code 0, long before work in flight is given up."""
    watching = trail.WatchAudit(pb.WatchAuditRequest(follow=True), timeout=240)
    await anext(aiter(watching))
    async with asyncio.timeout(45):
        assert await asyncio.to_thread(notify.end) == 0
    with suppress(grpc.aio.AioRpcError):
        assert [answer async for answer in watching] == []


async def listed(trail, **fields):
    """All pages of a list, two entries on each."""
    found, token = [], ""
    while True:
        page = await trail.ListAudit(pb.ListAuditRequest(page_size=2, page_token=token, **fields), timeout=60)
        assert len(page.events) <= 2
        found += page.events
        if not (token := page.next_page_token):
            return found


async def test_the_trail_is_listed_in_pages(trail, grants):
    """The oldest first, each once; and each page is an entry, with what was looked for."""
    handles = ("alice", "bob", "carol")
    for handle in handles:
        await grants(handle)
    found = await listed(trail, action="access.", outcome="ok")
    assert [each.event.object_id for each in found] == [derived_id("subject", name) for name in handles]
    assert [each.sequence for each in found] == [1, 2, 3]
    looks = await listed(trail, action="audit.list", subject_id=TESTER)
    assert looks[0].event.detail == "action 'access.', object '', outcome 'ok'"


async def test_the_list_is_filtered(trail, grants):
    """By object, by outcome, and by the time at which the broker took entries in; filters go together."""
    await grants("alice")
    await asyncio.sleep(1.1)
    between = Timestamp()
    between.GetCurrentTime()
    await grants("bob")
    with pytest.raises(grpc.aio.AioRpcError):
        await grants("nobody's handle")
    ids = [derived_id("subject", name) for name in ("alice", "bob")]
    only = {"action": "access.set"}
    assert [each.event.object_id for each in await listed(trail, object_id=ids[1])] == [ids[1]]
    assert [each.event.object_id for each in await listed(trail, start_time=between, **only)] == [ids[1]]
    assert [each.event.object_id for each in await listed(trail, end_time=between, **only)] == [ids[0]]
    assert await listed(trail, start_time=between, object_id=ids[0]) == []
    assert await listed(trail, outcome="LAST_ADMIN") == []
    later = Timestamp(seconds=between.seconds + 3600)
    assert await listed(trail, start_time=later) == []


async def test_a_watcher_can_begin_with_a_time(trail, grants):
    """What was taken in before is not shown."""
    await grants("alice")
    await asyncio.sleep(1.1)
    begin = Timestamp()
    begin.GetCurrentTime()
    await grants("bob")
    answers = await read(trail, start_time=begin)
    assert [each.event.object_id for each in answers] == [derived_id("subject", "bob")]


async def test_what_is_no_entry_is_shown_as_such(trail, grants, bus):
    """Somebody at the broker can write anything into the stream: it is shown as unreadable and stops nobody."""
    await bus.js.publish("sightline.audit.match.garbage", b"\xff\xff", headers={"x-strange": "caf\u00e9"})
    await grants("alice")
    assert [each.event.outcome for each in await listed(trail)] == ["UNREADABLE", "ok"]


async def test_trail_and_seals_are_handed_over(trail, grants):
    """Entries as they are stored, and the seals over them, by which anybody can check them; each is an entry."""
    await grants("alice")
    async with asyncio.timeout(60):
        while not (seals := (await trail.ListSeals(pb.ListSealsRequest())).seals):
            await asyncio.sleep(0.5)

    async def exported(content):
        call = trail.ExportAudit(pb.ExportAuditRequest(content=content, purpose="inspection"), timeout=60)
        return [answer async for answer in call]

    answers = await exported(pb.AUDIT_CONTENT_ENTRIES)
    entries = [entry for answer in answers for entry in answer.entries]
    assert all(answer.total >= len(answer.entries) for answer in answers)
    assert [each.sequence for each in entries] == list(range(1, len(entries) + 1))
    assert entries[0].subject == "sightline.audit.notify.access_set_grants"
    assert entries[0].headers["ce-type"] == "sightline.v1.AuditEvent"
    of_first = list(entries[: seals[0].count])
    assert seals[0].entries_hash == chained((each.sequence, digest_of(each)) for each in of_first)
    first, *_ = await exported(pb.AUDIT_CONTENT_SEALS)
    assert first.seals[0] == seals[0]
    latest = (await trail.GetLatestSeal(pb.GetLatestSealRequest())).seal
    assert latest.number >= first.seals[-1].number
    actions = {each.event.action for each in await listed(trail, action="audit.")}
    assert {"audit.export", "audit.list_seals", "audit.get_latest_seal"} <= actions


async def test_before_anything_is_sealed_there_is_no_latest_seal(trail):
    """It is said as what it is, and how long to wait."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await trail.GetLatestSeal(pb.GetLatestSealRequest())
    assert from_rpc_error(refused.value, "notify").reason == "SEAL_NOT_FOUND"
