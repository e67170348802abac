"""The gate with everything real behind it: who calls, what they reach, and what becomes of those who are refused."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import timedelta

import grpc
import pytest
import structlog
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder, service, tester

from sightline.chassis import tracing
from sightline.chassis.access import CameraIds, ForServices, WatchlistIds
from sightline.chassis.audit import Audited
from sightline.chassis.errors import NotFound
from sightline.chassis.health import Health
from sightline.chassis.identity.api_key import hash_secret, new_key
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import current_principal, current_reach
from sightline.chassis.rpc import BearerText, Served, from_rpc_error, open_channel, serve_rpc
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.tail import last_sequence, tail
from sightline.chassis.topology import ACCESS
from sightline.v1 import (
    access_pb2,
    access_service_pb2,
    alert_service_pb2,
    alert_service_pb2_grpc,
    detect_service_pb2,
    detect_service_pb2_grpc,
    events_pb2,
    face_pb2,
    records_pb2,
)

WATCHLIST, FOREIGN = derived_id("watchlist"), derived_id("foreign")
REQUEST = detect_service_pb2.DetectFacesRequest(images=[face_pb2.Image(encoded=b"x")], purpose="test")
LOCATORS = {
    access_pb2.OBJECT_KIND_WATCHLIST: WatchlistIds(),
    access_pb2.OBJECT_KIND_CAMERA: CameraIds(),
    access_pb2.OBJECT_KIND_ALERT: ForServices(NotFound("ALERT_NOT_FOUND", "There is none.")),
}


class DetectSettings(ServiceSettings):
    """Settings of a service that answers to the name of detect."""

    service = "detect"


class StubDetect(detect_service_pb2_grpc.DetectServiceServicer):
    """Audits, and answers with its caller."""

    def __init__(self, auditor):
        self._auditor = auditor

    async def DetectFaces(self, request, _):
        async with self._auditor.audit(Audited("detect.faces", "none", "", request.purpose)):
            principal = current_principal()
        return detect_service_pb2.DetectFacesResponse(detector_id=f"{principal.subject} via {principal.via or '-'}")


class StubAlerts(alert_service_pb2_grpc.AlertServiceServicer):
    """A list that says what its caller reaches, and a stream without an end."""

    async def ListAlerts(self, _request, _):
        return alert_service_pb2.ListAlertsResponse(next_page_token=",".join(current_reach().watchlists.listed()))

    async def WatchAlerts(self, _request, _):
        yield alert_service_pb2.WatchAlertsResponse(sequence=1)
        await asyncio.Event().wait()


@pytest.fixture
def settings(nats_server):
    """Of the server."""
    return DetectSettings(secrets_dir=secrets_folder().path, nats_url=nats_server.url, drain_seconds=1)


@pytest.fixture
async def identity(bus, settings):
    """All of it: whom the server knows, and who it is itself."""
    async with open_identity(settings, read_secrets(settings), bus) as opened:
        yield opened


@pytest.fixture
async def port(settings, identity):
    """Where the server listens."""
    detect, alerts = StubDetect(identity.auditor), StubAlerts()
    served = [
        Served("sightline.v1.DetectService", detect, detect_service_pb2_grpc.add_DetectServiceServicer_to_server),
        Served("sightline.v1.AlertService", alerts, alert_service_pb2_grpc.add_AlertServiceServicer_to_server),
    ]
    async with serve_rpc(settings, served, identity, Health(), CollectorRegistry(), LOCATORS) as number:
        yield number


class Person:
    """Somebody with a key, whose record the test changes as it likes."""

    def __init__(self, bucket, handle, *grants):
        self._bucket = bucket
        self.subject = access_service_pb2.Subject(id=derived_id("subject", handle), handle=handle, grants=grants)
        made = new_key()
        self.credentials = BearerText(made.text)
        self.record = records_pb2.ApiKeyRecord(secret_hash=hash_secret(secrets_folder().callers_key(), made.secret))
        self.record.key.id, self.record.key.subject_id = made.id, self.subject.id
        self.record.key.expire_time.FromSeconds(int(time.time()) + 3600)

    async def save(self):
        """Writes the records as they are now; gives the place of the last."""
        subject = records_pb2.SubjectRecord(subject=self.subject)
        await self._bucket.put(f"subject.{self.subject.id}", subject.SerializeToString())
        return await self._bucket.put(f"key.{self.record.key.id}", self.record.SerializeToString())


@pytest.fixture
def person(bus, identity):
    """A function that makes somebody with these grants, whom the server knows."""

    async def make(handle, *grants):
        made = Person(await bus.bucket(ACCESS), handle, *grants)
        await identity.book.reached(await made.save())
        return made

    return make


def grant(role, *watchlists, cameras=("*",)):
    """A grant of that role."""
    return access_service_pb2.Grant(
        role=access_pb2.Role.Value(f"ROLE_{role}"), watchlist_ids=watchlists, camera_ids=cameras
    )


@asynccontextmanager
async def apis(port, credentials):
    """The stubs of both services, for that caller."""
    async with open_channel(f"127.0.0.1:{port}", credentials) as channel:
        yield detect_service_pb2_grpc.DetectServiceStub(channel), alert_service_pb2_grpc.AlertServiceStub(channel)


async def refused(call):
    """The error of a call that is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def trail(bus, number=1, action=""):
    """So many entries of the audit trail, or all that there are once it has so many."""
    found = []
    async with asyncio.timeout(60):
        while len(found) < number:
            found = [event for event in await _audit(bus) if event.action.startswith(action)]
    return found


async def _audit(bus):
    last = await last_sequence(bus, "AUDIT")
    events = []
    if last:
        async for record in tail(bus, "AUDIT", after=0):
            events.append(events_pb2.AuditEvent.FromString(record.data))
            if record.sequence >= last:
                break
    return events


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


async def watched(port, someone, change):
    """Opens a stream, lets `change` happen, and gives the stream's error and the seconds it took to end."""
    async with apis(port, someone.credentials) as (_, alerts):
        stream = alerts.WatchAlerts(alert_service_pb2.WatchAlertsRequest())
        assert (await stream.read()).sequence == 1
        change(someone)
        await someone.save()
        began = time.monotonic()
        async with asyncio.timeout(60):
            error = await refused(stream.read())
    return error, time.monotonic() - began


def revoke(someone):
    """The key is revoked."""
    someone.record.key.revoke_time.GetCurrentTime()


def disable(someone):
    """The person is disabled."""
    someone.subject.disabled = True


def expire(someone):
    """The key ends in a second."""
    someone.record.key.expire_time.FromDatetime(someone.record.key.expire_time.ToDatetime() - timedelta(seconds=3599))


def take_the_role(someone):
    """The role goes."""
    del someone.subject.grants[:]


def narrow(someone):
    """A watchlist goes."""
    someone.subject.grants[0].watchlist_ids[:] = [FOREIGN]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (revoke, "UNAUTHENTICATED"),
        (disable, "UNAUTHENTICATED"),
        (expire, "UNAUTHENTICATED"),
        (take_the_role, "PERMISSION_DENIED"),
        (narrow, "PERMISSION_DENIED"),
    ],
)
async def test_an_open_stream_ends_with_the_right_to_it(port, person, change, code):
    """Whatever takes the caller's right away ends the streams that they have open within 5 s, 20 on a busy machine."""
    ann = await person("ann", grant("VIEWER", WATCHLIST))
    async with apis(port, ann.credentials) as (_, alerts):
        await alerts.ListAlerts(alert_service_pb2.ListAlertsRequest())
    error, seconds = await watched(port, ann, change)
    assert error.code().name == code
    assert seconds < 20


async def test_a_stream_whose_right_stays_goes_on(port, person):
    """A change that leaves the caller's reach as it was ends nothing."""
    ann = await person("ann", grant("VIEWER", WATCHLIST))
    async with apis(port, ann.credentials) as (_, alerts):
        await alerts.ListAlerts(alert_service_pb2.ListAlertsRequest())
        stream = alerts.WatchAlerts(alert_service_pb2.WatchAlertsRequest())
        assert (await stream.read()).sequence == 1
        ann.subject.grants.append(grant("AUDITOR"))
        await ann.save()
        reading = asyncio.ensure_future(stream.read())
        done, _ = await asyncio.wait({reading}, timeout=3)
        assert not done
        stream.cancel()
        await asyncio.gather(reading, return_exceptions=True)
