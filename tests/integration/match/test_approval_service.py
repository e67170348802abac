"""ApprovalService over the real use cases: pages, what a caller may see, and what the audit trail says."""

from __future__ import annotations

import pytest

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import InvalidInput, NotFound
from sightline.chassis.identity.rights import EVERYTHING, Reach, Selection
from sightline.chassis.policy import load_policy
from sightline.chassis.principal import Principal, enter
from sightline.match.approval_servicer import ApprovalServicer
from sightline.v1 import approval_service_pb2 as pb
from sightline.v1 import events_pb2
from sightline.v1 import gallery_service_pb2 as gallery_pb

DEFAULT = load_policy("default")
POLICY = DEFAULT.model_copy(update={"enrolments": DEFAULT.enrolments.model_copy(update={"approval": "one"})})
WHY = {"purpose": "test", "case_reference": "case-7"}


@pytest.fixture
async def match(opened, state):
    """One with an empty gallery, where enrolments need approval."""
    async with opened(state, policy=POLICY) as running:
        yield running


@pytest.fixture
def service(bus, match):
    """The servicer."""
    return ApprovalServicer(match.parts, Auditor(bus, "match"))


async def test_what_waits_comes_in_pages_within_the_callers_reach(match, service):
    """Each enrolment once, by time; those of watchlists that the caller may not see are not there."""
    wanted, other = await match.create(), await match.create("other")
    made = [(await match.enroll(wanted, name, requester="clerk")).enrolment_id for name in ("ann", "ben", "cy")]
    hidden = (await match.enroll(other, "dan", requester="clerk")).enrolment_id
    enter(Principal("chief"), Reach.of(watchlists=Selection.of([wanted.id])))
    seen, request = [], pb.ListEnrolmentsRequest(page_size=2, **WHY)
    while True:
        page = await service.ListEnrolments(request, None)
        seen += [each.id for each in page.enrolments]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert seen == made
    enter(Principal("chief"), Reach.of(watchlists=EVERYTHING))
    everything = await service.ListEnrolments(pb.ListEnrolmentsRequest(**WHY), None)
    assert [each.id for each in everything.enrolments] == [*made, hidden]
    with pytest.raises(InvalidInput, match="PAGE_TOKEN_INVALID"):
        await service.ListEnrolments(pb.ListEnrolmentsRequest(page_token=request.page_token[1:], **WHY), None)


async def test_an_enrolment_belongs_to_its_watchlist(match, service):
    """Named with another one, it is not there; nothing is decided about it by that."""
    enter(Principal("chief"), Reach())
    wanted, other = await match.create(), await match.create("other")
    made = await match.enroll(wanted, "ann", requester="clerk")
    of_other = {"watchlist": other.id, "enrolment_id": made.enrolment_id, **WHY}
    for call in (
        service.GetEnrolment(pb.GetEnrolmentRequest(**of_other), None),
        service.ApproveEnrolment(pb.ApproveEnrolmentRequest(**of_other), None),
        service.RejectEnrolment(pb.RejectEnrolmentRequest(**of_other, reason="test"), None),
    ):
        with pytest.raises(NotFound, match="ENROLMENT_NOT_FOUND"):
            await call
    shown = await service.GetEnrolment(
        pb.GetEnrolmentRequest(watchlist=wanted.id, enrolment_id=made.enrolment_id, **WHY), None
    )
    assert shown.enrolment.approval == gallery_pb.APPROVAL_PENDING
    assert [face.id for face in shown.faces] == [made.face.id]
    assert [person.external_id for person in shown.persons] == ["ann"]


async def test_decisions_are_in_the_trail_with_their_reasons(match, service, bus, stored):
    """Who decided what, why, and what the watchlist holds from then on; a refusal, too."""
    wanted = await match.create()
    made = await match.enroll(wanted, "ann", requester="clerk")
    request = pb.ApproveEnrolmentRequest(watchlist="wanted", enrolment_id=made.enrolment_id, reason="seen", **WHY)
    enter(Principal("clerk"), Reach())
    with pytest.raises(Exception, match="OWN_REQUEST"):
        await service.ApproveEnrolment(request, None)
    enter(Principal("chief"), Reach())
    answer = await service.ApproveEnrolment(request, None)
    assert (answer.face_count, answer.enrolment_count) == (1, 1)
    refused, approved = await stored(bus, "AUDIT", events_pb2.AuditEvent)
    assert (refused.principal, refused.outcome) == ("clerk", "OWN_REQUEST")
    assert (approved.action, approved.principal, approved.object_id) == (
        "gallery.approve_enrolment",
        "chief",
        made.enrolment_id,
    )
    assert approved.detail.startswith("seen; 1 faces of 1 persons; the watchlist holds 1 faces, set hash ")
    assert (approved.purpose, approved.case_reference) == ("test", "case-7")
