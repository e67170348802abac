"""The gate with everything real behind it: who calls, what they reach, and what becomes of those who are refused."""

from __future__ import annotations

import grpc
import structlog
from gated_service import FOREIGN, REQUEST, WATCHLIST, apis, grant, refused, trail
from secrets_for_tests import service, tester

from sightline.chassis import tracing
from sightline.chassis.identity.api_key import new_key
from sightline.chassis.rpc import BearerText, from_rpc_error
from sightline.chassis.tail import last_sequence
from sightline.v1 import alert_service_pb2


async def test_a_key_says_who_calls(bus, port, person):
    """The holder of a key is their subject, and the audit trail names the key beside it."""
    ann = await person("ann", grant("OPERATOR", "*"))
    async with apis(port, ann.credentials) as (detect, _):
        answer = await detect.DetectFaces(REQUEST)
    assert answer.detector_id == f"{ann.subject.id} via -"
    (event,) = await trail(bus, action="detect.")
    assert (event.principal, event.credential_id, event.via) == (ann.subject.id, ann.record.key.id, "")
    assert event.request_id


async def test_the_trace_of_a_call_goes_on_with_what_follows_from_it(bus, port):
    """Although nothing is recorded here, what is published for a call bears its caller's trace, and else none."""
    caller = tracing.received(f"00-{'ab' * 16}-abcdabcdabcdabcd-01")
    async with apis(port, tester()) as (detect, _):
        for span in (caller, tracing.NOWHERE):
            with tracing.within(span):
                await detect.DetectFaces(REQUEST)
    last = await last_sequence(bus, "AUDIT")
    traced, other = [(await bus.js.get_msg("AUDIT", number)).headers for number in (last - 1, last)]
    assert traced["traceparent"] == tracing.outgoing(caller)["traceparent"]
    assert "traceparent" not in other


async def test_a_service_passes_its_caller_on(bus, port, person):
    """A call that a service makes for somebody is audited as theirs, through that service; no header says so."""
    ann = await person("ann")
    token = service("match", "detect")._signer.token("detect", ann.subject.id)
    async with apis(port, BearerText(token)) as (detect, _):
        answer = await detect.DetectFaces(REQUEST)
        forged = detect.DetectFaces(REQUEST, metadata=(("sightline-principal", "admin"), ("x-forwarded-user", "admin")))
        assert (await forged).detector_id == answer.detector_id
    assert answer.detector_id == f"{ann.subject.id} via match"
    event = (await trail(bus, 2, "detect."))[0]
    assert (event.principal, event.via) == (ann.subject.id, "match")


async def test_a_token_for_another_service_is_refused(port):
    """What a service signed for match opens nothing at detect."""
    async with apis(port, service("ingest", "match")) as (detect, _):
        assert (await refused(detect.DetectFaces(REQUEST))).code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_missing_role_is_told_and_audited(bus, port, person):
    """Whoever may not call an RPC hears which role it takes; the trail has who tried what."""
    bob = await person("bob", grant("AUDITOR"))
    async with apis(port, bob.credentials) as (detect, _):
        error = await refused(detect.DetectFaces(REQUEST))
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert from_rpc_error(error, "detect").reason == "ROLE_MISSING"
    event = (await trail(bus, action="access.refused"))[-1]
    assert (event.principal, event.outcome) == (bob.subject.id, "ROLE_MISSING")
    assert event.object_id == "/sightline.v1.DetectService/DetectFaces"


async def test_a_foreign_watchlist_is_not_there_and_the_trail_knows(bus, port, person):
    """Somebody else's watchlist is NOT_FOUND; only the trail says that it was there and not granted."""
    ann = await person("ann", grant("VIEWER", WATCHLIST))
    async with apis(port, ann.credentials) as (_, alerts):
        own = await alerts.ListAlerts(alert_service_pb2.ListAlertsRequest(watchlist_id=WATCHLIST))
        error = await refused(alerts.ListAlerts(alert_service_pb2.ListAlertsRequest(watchlist_id=FOREIGN)))
    assert own.next_page_token == WATCHLIST
    assert error.code() is grpc.StatusCode.NOT_FOUND
    event = (await trail(bus, action="access.refused"))[-1]
    assert (event.principal, event.outcome) == (ann.subject.id, "OBJECT_NOT_GRANTED")


async def test_the_caller_learns_nothing_of_why(port, person, identity):
    """Unknown, wrong, revoked, expired and forged are one answer; the log has the cause under its request id."""
    ann = await person("ann", grant("OPERATOR", "*"))
    gone, late = await person("gone", grant("OPERATOR", "*")), await person("late", grant("OPERATOR", "*"))
    gone.record.key.revoke_time.GetCurrentTime()
    late.record.key.expire_time.FromSeconds(1)
    for each in (gone, late):
        await identity.book.reached(await each.save())
    wrong = new_key()
    spoilt = ann.credentials.header().removeprefix("Bearer ")
    async with apis(port, ann.credentials) as (detect, _):
        await detect.DetectFaces(REQUEST)
    texts = [wrong.text, spoilt[:-1] + ("a" if spoilt[-1] != "a" else "b"), "", "eyJhbGciOiJub25lIn0.e30."]
    shown = [BearerText(text) for text in texts] + [gone.credentials, late.credentials]
    answers, causes = set(), []
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        for credentials in shown:
            async with apis(port, credentials) as (detect, _):
                error = await refused(detect.DetectFaces(REQUEST))
            text, _, request_id = error.details().rpartition(" (request ")
            answers.add((error.code(), text))
            causes += [
                entry["why"] for entry in logs if entry.get("request_id") == request_id.rstrip(")") and entry.get("why")
            ]
    assert len(answers) == 1
    assert answers.pop()[0] is grpc.StatusCode.UNAUTHENTICATED
    assert len(causes) == len(shown)
    assert len(set(causes)) >= 4
    assert not any(text and text in str(logs) for text in texts[:2])


async def test_a_storm_of_attempts_is_held_off(bus, port):
    """One address with wrong credentials is told to wait, fills no trail, and shuts nobody else out."""
    stranger = BearerText(new_key().text)
    async with apis(port, stranger) as (detect, _):
        codes = [(await refused(detect.DetectFaces(REQUEST))).code() for _ in range(60)]
    assert codes[0] is grpc.StatusCode.UNAUTHENTICATED
    assert codes[-1] is grpc.StatusCode.RESOURCE_EXHAUSTED
    async with apis(port, tester()) as (detect, _):
        await detect.DetectFaces(REQUEST)
    assert len(await trail(bus, action="access.refused")) <= 2
