from __future__ import annotations

import asyncio

import pytest
import structlog
from nats.js.errors import APIError

from sightline.chassis.audit import Audited, Auditor
from sightline.chassis.errors import NotFound, Unavailable
from sightline.chassis.identity.rights import FULL_REACH, SERVICE_RIGHTS
from sightline.chassis.ids import new_id
from sightline.chassis.principal import Principal, enter
from sightline.v1 import events_pb2


@pytest.fixture
async def auditor(bus):
    """A service's way into the audit trail, and a caller in this context."""
    enter(Principal("somebody"), FULL_REACH)
    return Auditor(bus, "match")


async def trail(bus) -> list[events_pb2.AuditEvent]:
    """What the AUDIT stream holds."""
    state = (await bus.js.stream_info("AUDIT")).state
    messages = [await bus.js.get_msg("AUDIT", n) for n in range(1, state.last_seq + 1)]
    return [events_pb2.AuditEvent.FromString(message.data) for message in messages]


def enrolment(**facts) -> Audited:
    """What is audited in these tests."""
    return Audited("gallery.enroll_face", "watchlist", purpose="search", case_reference="2026/17", **facts)


async def test_what_was_done_is_recorded(auditor, bus):
    """When the block has ended the stream holds who did what, to what and why, with the id that came up meanwhile."""
    watchlist = new_id()
    async with auditor.audit(enrolment()) as what:
        what.object_id = watchlist
    (event,) = await trail(bus)
    assert (event.principal, event.service, event.action) == ("somebody", "match", "gallery.enroll_face")
    assert (event.object_kind, event.object_id) == ("watchlist", watchlist)
    assert (event.purpose, event.case_reference, event.outcome) == ("search", "2026/17", "ok")
    assert event.time.ToSeconds() > 0


async def test_the_record_names_key_service_and_request(bus):
    """Beside the subject stand the key that was used, the service that passed the caller on, and the request's id."""
    enter(Principal("somebody", SERVICE_RIGHTS, credential_id="key", via="gateway"), FULL_REACH)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        async with Auditor(bus, "match").audit(enrolment()) as what:
            what.detail = "was: nothing"
    (event,) = await trail(bus)
    assert (event.credential_id, event.via, event.request_id) == ("key", "gateway", "r1")
    assert event.detail == "was: nothing"


async def test_what_services_do_for_somebody_is_not_recorded_twice(bus):
    """Of people there is a record; of our own services, whose callers they have recorded themselves, there is none."""
    auditor = Auditor(bus, "detect")
    for credential in ("api-key", "oidc", "service"):
        enter(Principal(credential, credential=credential), FULL_REACH)
        async with auditor.audit_person(Audited("detect.faces", "none")):
            pass
    assert [event.principal for event in await trail(bus)] == ["api-key", "oidc"]


async def test_a_refusal_is_recorded_with_its_reason(auditor, bus):
    """What was refused is in the trail too, and the caller still gets the refusal."""
    with pytest.raises(NotFound, match="WATCHLIST_UNKNOWN"):
        async with auditor.audit(enrolment(object_id=new_id())):
            raise NotFound("WATCHLIST_UNKNOWN", "There is no such watchlist.")
    assert [event.outcome for event in await trail(bus)] == ["WATCHLIST_UNKNOWN"]


@pytest.mark.parametrize("error", [ZeroDivisionError, asyncio.CancelledError])
async def test_a_bug_or_a_hang_up_is_recorded(auditor, bus, error):
    """What ended otherwise is no success: it is recorded as INTERNAL, without the exception's text."""
    with pytest.raises(error):
        async with auditor.audit(enrolment()):
            raise error("secret detail")
    (event,) = await trail(bus)
    assert event.outcome == "INTERNAL"
    assert b"secret" not in event.SerializeToString()


async def test_what_cannot_be_recorded_is_no_success(auditor, bus, nats_server):
    """Without the broker the caller gets an error: nothing is done unrecorded without anybody knowing."""
    bus.js = bus.client.jetstream(timeout=0.5)  # an impatient one, for a quick test
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        async with auditor.audit(enrolment()):
            nats_server.kill()


async def test_the_trail_cannot_be_shortened(auditor, bus):
    """The broker itself refuses to delete or purge entries, whoever asks."""
    async with auditor.audit(enrolment()):
        pass
    with pytest.raises(APIError):
        await bus.js.delete_msg("AUDIT", 1)
    with pytest.raises(APIError):
        await bus.js.purge_stream("AUDIT")
    assert len(await trail(bus)) == 1
