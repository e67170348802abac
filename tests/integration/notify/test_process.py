"""notify as the process that it is, asked through its own gRPC server."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress

import grpc
import pytest
from fakes import sighting_of
from processes import start
from secrets_for_tests import secrets_folder, tester

from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.chassis.topology import ALERT_RECORDS, NOTIFY, NOTIFY_EVIDENCE
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import events_pb2
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub

HOUR = 3600
DRAIN_SECONDS = 120.0
WHY = {"purpose": "test", "case_reference": "case-7"}
TRACKS = [letter * 26 for letter in "abcde"]


@pytest.fixture
def served(bus, nats_server, tmp_path):
    """A function that runs notify and yields it with a client, once it is SERVING."""
    settings = {
        "SIGHTLINE_NATS_URL": nats_server.url,
        "SIGHTLINE_STATE_DIR": str(tmp_path / "state"),
        "SIGHTLINE_DRAIN_SECONDS": str(DRAIN_SECONDS),
        "SIGHTLINE_EVIDENCE_TIMEOUT": "60",
    }

    @asynccontextmanager
    async def run():
        with start("sightline.notify", settings, tmp_path / "log") as service:
            service.wait_serving()
            async with open_channel(service.target, tester()) as channel:
                yield service, AlertServiceStub(channel)

    return run


async def pages(client, **fields):
    """Every page of a list of alerts, two on each."""
    token = ""
    while True:
        request = pb.ListAlertsRequest(page_size=2, page_token=token, **fields, **WHY)
        page = await client.ListAlerts(request, timeout=60)
        yield page
        if not (token := page.next_page_token):
            return


async def listed(client, **fields) -> list[str]:
    """The first tracks of all listed alerts."""
    return [alert.track_ids[0] async for page in pages(client, **fields) for alert in page.alerts]


async def test_alerts_are_listed_watched_and_shown(served, see, bus, until, stored, replica):
    """What is raised is in the list, the newest first and in pages, on the watcher's stream and with its picture."""
    other = {"source": "t" * 26}
    async with served() as (_, client):
        watching = client.WatchAlerts(pb.WatchAlertsRequest(**WHY), timeout=60)
        await until(lambda: _audited(bus))
        await see(sighting_of(TRACKS[0], 0, evidence_address=replica), sighting_of(TRACKS[1], HOUR))
        await see(sighting_of(TRACKS[2], 0, **other))
        seen = await with_pictures(watching, 3)
        assert {answer.alert.track_ids[0] for answer in seen} == set(TRACKS[:3])
        seen.sort(key=lambda answer: answer.alert.track_ids[0])
        await until(lambda: _done(bus))
        request = pb.GetAlertEvidenceRequest(alert_id=seen[2].alert.id, **WHY)
        shown = await client.GetAlertEvidence(request, timeout=60)
        assert (shown.picture, shown.kind) == (b"crop of " + TRACKS[2].encode(), pb.EVIDENCE_KIND_CROP)
        request = pb.GetAlertEvidenceRequest(alert_id=seen[0].alert.id, **WHY)
        shown = await client.GetAlertEvidence(request, timeout=60)
        assert (shown.picture[:8], shown.kind) == (b"snapshot", pb.EVIDENCE_KIND_SNAPSHOT)
        assert await listed(client) == TRACKS[2::-1]
        assert [len(page.alerts) async for page in pages(client)] == [2, 1]
        assert await listed(client, source="s" * 26) == TRACKS[1::-1]
        assert await listed(client, watchlist_id="x" * 26) == []
        watching.cancel()
        for begin in ({"after_sequence": 1}, {"since": seen[0].alert.create_time}):
            again = client.WatchAlerts(pb.WatchAlertsRequest(**begin, **WHY), timeout=60)
            assert await with_pictures(again, 3) == sorted(seen, key=lambda answer: answer.sequence)
            again.cancel()
    trail = [event for event, _ in await stored("AUDIT", events_pb2.AuditEvent)]
    assert {event.action for event in trail} == {"alerts.watch", "alerts.get_evidence", "alerts.list"}
    subject, _ = secrets_folder().first_admin()
    assert {(e.principal, e.purpose, e.case_reference) for e in trail} == {(subject.id, "test", "case-7")}


async def with_pictures(stream, count):
    """The first alerts of a stream that have their evidence, in the order in which they came."""
    seen = []
    while len(seen) < count:
        if (answer := await anext(aiter(stream))).alert.evidence:
            seen.append(answer)
    return seen


async def test_what_is_not_there_or_malformed_is_refused(served):
    """An unknown alert, a page token that is none and a wrong id have their reasons."""
    async with served() as (_, client):
        absent = pb.GetAlertEvidenceRequest(alert_id="x" * 26, **WHY)
        assert await refused(client.GetAlertEvidence(absent, timeout=60)) == "ALERT_NOT_FOUND"
        for token in ("a", "OTk5OTk", "YS9i"):
            request = pb.ListAlertsRequest(page_token=token, **WHY)
            assert await refused(client.ListAlerts(request, timeout=60)) == "PAGE_TOKEN_INVALID"
        assert await refused(client.ListAlerts(pb.ListAlertsRequest(source="x"), timeout=60)) == "REQUEST_INVALID"


async def test_a_watcher_does_not_hold_up_the_end(served, bus, until):
    """SIGTERM ends the watchers' streams at once, and the process with exit code 0: long before it would be cut off."""
    async with served() as (service, client):
        watching = client.WatchAlerts(pb.WatchAlertsRequest(**WHY), timeout=60)
        await until(lambda: _audited(bus))
        code = asyncio.create_task(asyncio.to_thread(service.end))
        started = time.monotonic()
        with suppress(grpc.aio.AioRpcError):
            assert [answer async for answer in watching] == []
        assert time.monotonic() - started < DRAIN_SECONDS / 2
        assert await code == 0
        assert time.monotonic() - started < DRAIN_SECONDS


async def test_a_kill_loses_and_repeats_nothing(served, see, bus, until):
    """After kill -9 and without its state folder notify goes on: every sighting is one alert, old and new."""
    async with served() as (service, _):
        await see(sighting_of(TRACKS[0], 0))
        await until(lambda: _alerts(bus, 1))
        service.kill()
    await see(sighting_of(TRACKS[0], 0), sighting_of(TRACKS[1], HOUR))
    async with served() as (_, client):
        await until(lambda: _alerts(bus, 2))
        await until(lambda: _done(bus))
        assert await listed(client) == TRACKS[1::-1]
    assert await _alerts(bus, 2)


async def refused(call) -> str:
    """The reason with which the call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return from_rpc_error(refusal.value, "notify").reason


async def _audited(bus) -> bool:
    return (await bus.js.stream_info("AUDIT")).state.messages > 0


async def _alerts(bus, count) -> bool:
    return len(await bus.keys(ALERT_RECORDS)) == count


async def _done(bus) -> bool:
    return await bus.lag(NOTIFY) == 0 and await bus.lag(NOTIFY_EVIDENCE) == 0
