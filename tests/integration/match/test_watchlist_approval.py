"""Watchlists that somebody else has to approve, and the reasons that a policy asks for."""

from __future__ import annotations

import pytest
from fakes import fake_pack, vector_of
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import Conflict, FailedPrecondition, InvalidInput, NotFound, PermissionDenied
from sightline.chassis.identity.rights import Reach
from sightline.chassis.ids import new_id
from sightline.chassis.policy import load_policy
from sightline.chassis.principal import enter
from sightline.match.expiry import SERVICE, Expiry
from sightline.match.watchlist_approvals import require_approved
from sightline.v1 import events_pb2, face_pb2
from sightline.v1 import gallery_service_pb2 as pb

CLERK, CHIEF = "clerk", "chief"
STRICT = load_policy("eu-police")
RULES = STRICT.enrolments.model_copy(update={"approval": "none"})


@pytest.fixture
async def match(opened, state, clock):
    """One under a policy that asks for approval of watchlists, and for reasons."""
    async with opened(state, policy=STRICT.model_copy(update={"enrolments": RULES}), now=clock) as running:
        yield running


@pytest.fixture
async def watchlist(match):
    """The clerk's, with somebody in it; what they say of others is not taken from them."""
    asked = pb.Watchlist(
        name="wanted", purpose="test", legal_basis="an order", approver=CHIEF, approval=pb.APPROVAL_APPROVED
    )
    made = await match.parts.watchlists.create(asked, CLERK)
    await match.enroll(made, "ann")
    return made


async def sightings(match, bus) -> int:
    """How many there are after Ann has walked past a camera once more."""
    shot = events_pb2.FaceShot(shot_id="one", quality=face_pb2.Quality(overall=0.5), crop=b"jpeg")
    face = events_pb2.FaceEvent(source=new_id(), track_id=new_id(), epoch=1, shot=shot)
    vector = vector_of("ann").tolist()
    event = events_pb2.EmbeddingEvent(face=face, vector=vector, embedder_id=fake_pack().embedder_id)
    await match.parts.identification.handle(event)
    return (await bus.js.stream_info("SIGHTINGS")).state.messages


async def test_a_pending_watchlist_matches_nobody(match, watchlist, bus):
    """No camera's faces are looked for in it, and no search is made, until somebody else has approved it."""
    assert (watchlist.approval, watchlist.requester, watchlist.approver) == (pb.APPROVAL_PENDING, CLERK, "")
    assert await sightings(match, bus) == 0
    with pytest.raises(FailedPrecondition, match="WATCHLIST_NOT_APPROVED"):
        require_approved(watchlist)
    approvals = match.parts.watchlist_approvals
    with pytest.raises(PermissionDenied, match="OWN_REQUEST"):
        await approvals.approve(watchlist, CLERK)
    approved = await approvals.approve(watchlist, CHIEF)
    assert (approved.approval, approved.approver) == (pb.APPROVAL_APPROVED, CHIEF)
    require_approved(approved)
    assert await sightings(match, bus) == 1
    with pytest.raises(FailedPrecondition, match="WATCHLIST_NOT_PENDING"):
        await approvals.approve(watchlist, "another")


async def test_what_was_approved_is_what_was_seen(match, watchlist):
    """A change before the approval needs another look; the reasons of an approved watchlist stay as they are."""
    seen = match.parts.watchlists.get("wanted")
    other = (pb.Watchlist(purpose="other", cooldown={"seconds": 9}), FieldMask(paths=["purpose"]))
    await match.parts.watchlists.update("wanted", *other)
    with pytest.raises(Conflict, match="ETAG_DIFFERS"):
        await match.parts.watchlist_approvals.approve(watchlist, CHIEF, seen.etag)
    seen = match.parts.watchlists.get("wanted")
    await match.parts.watchlist_approvals.approve(watchlist, CHIEF, seen.etag)
    with pytest.raises(FailedPrecondition, match="WATCHLIST_APPROVED"):
        await match.parts.watchlists.update("wanted", pb.Watchlist(purpose="test"), FieldMask(paths=["purpose"]))
    changed = await match.parts.watchlists.update("wanted", other[0], FieldMask(paths=["cooldown"]))
    assert (changed.cooldown.seconds, changed.approval) == (9, pb.APPROVAL_APPROVED)


async def test_a_watchlist_that_is_rejected_is_deleted(match, watchlist):
    """With everybody in it; its name is free again."""
    assert await match.parts.watchlist_approvals.reject(watchlist, CHIEF) == 1
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        match.parts.watchlists.get("wanted")
    assert await match.index.size() == 0
    assert (await match.create(legal_basis="another order")).name == "wanted"


async def test_a_watchlist_that_nobody_approves_in_time_is_over_and_deleted(match, watchlist, clock, bus):
    """One that somebody approved lives on to its own end."""
    other = await match.create("other", legal_basis="an order")
    await match.parts.watchlist_approvals.approve(other, CHIEF)
    clock.time += RULES.decide_within.total_seconds() + 1
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        match.parts.watchlists.get("wanted")
    enter(SERVICE, Reach())
    await Expiry(match.projection, match.parts.erasure, Auditor(bus, "match")).look()
    assert match.projection.kept_watchlist(watchlist.id) is None
    assert match.parts.watchlists.get("other").id == other.id


async def test_the_policy_can_ask_for_reasons(match, watchlist):
    """No watchlist without a legal basis, and no enrolment without a purpose."""
    with pytest.raises(InvalidInput, match="LEGAL_BASIS_MISSING"):
        await match.create("other", legal_basis=" ")
    with pytest.raises(InvalidInput, match="PURPOSE_MISSING"):
        match.parts.enrolments.require_reasons(" ")
