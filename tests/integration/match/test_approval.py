"""Enrolments that somebody else has to approve: until then nobody finds them, and what nobody approves is erased."""

from __future__ import annotations

import shutil

import pytest
from fakes import coming_pack, picture

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import Conflict, FailedPrecondition, NotFound, PermissionDenied
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.identity.rights import EVERYTHING, Reach
from sightline.chassis.policy import load_policy
from sightline.chassis.principal import enter
from sightline.match.bulk_reading import Choice
from sightline.match.embedder_stores import embedder_of
from sightline.match.enrolment_decisions import Chosen
from sightline.match.expiry import SERVICE
from sightline.match.importing import Batch
from sightline.match.lapses import Lapses
from sightline.match.ledger import subject_of
from sightline.v1 import events_pb2, import_service_pb2, search_service_pb2
from sightline.v1 import gallery_service_pb2 as pb

DEFAULT = load_policy("default")
RULES = DEFAULT.enrolments.model_copy(update={"approval": "one"})
POLICY = DEFAULT.model_copy(update={"enrolments": RULES})
CLERK, CHIEF = "clerk", "chief"
PENDING = import_service_pb2.IMPORT_OUTCOME_PENDING


@pytest.fixture
def begun(opened, state, clock):
    """A function that opens match where enrolments need approval."""
    return lambda: opened(state, policy=POLICY, now=clock)


@pytest.fixture
async def match(begun):
    """One with an empty gallery."""
    async with begun() as running:
        yield running


async def enrolled(match, watchlist, name, **options):
    """An enrolment by the clerk."""
    return await match.enroll(watchlist, name, requester=CLERK, **options)


async def imported(match, watchlist, *names, import_id="i" * 26, requester=CLERK):
    """A batch of an import by the clerk."""
    items = [import_service_pb2.ImportItem(key=name, person=name, image=picture(name)) for name in names]
    choice = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF)
    batch = Batch(watchlist, items, choice, "test", "case", requester=requester, import_id=import_id)
    return await match.parts.importing.take(batch)


async def approve(match, watchlist, enrolment_id, approver=CHIEF, **options):
    """Approves one enrolment."""
    return await match.parts.decisions.approve(watchlist, Chosen(enrolment_id), approver, "looked at it", **options)


def lapses(match, bus):
    """What erases, in steps that the test takes."""
    enter(SERVICE, Reach())
    return Lapses(match.parts, match.projection, Auditor(bus, "match"), RULES.decide_within)


def waiting(match):
    """The enrolments that wait."""
    return match.parts.enrolments.page(EVERYTHING, "", pb.APPROVAL_UNSPECIFIED, (0, ""), 100)


async def test_nobody_is_found_before_somebody_else_approves(match):
    """A pending face is shown as such, is in no search, roll or index, and all of that from the approval on."""
    watchlist = await match.create()
    made = await enrolled(match, watchlist, "ann")
    assert made.face.approval == pb.APPROVAL_PENDING
    assert await match.found(watchlist, "ann") == []
    assert (await match.index.size(), match.projection.roll(watchlist.id).size) == (0, 0)
    [listed] = waiting(match)
    assert (listed.id, listed.requester, listed.face_count, listed.person_count) == (made.enrolment_id, CLERK, 1, 1)
    await approve(match, watchlist, made.enrolment_id, face_count=1)
    assert await match.found(watchlist, "ann") == [made.face.id]
    assert (await match.index.size(), match.projection.roll(watchlist.id).size) == (1, 1)
    assert match.projection.face(made.face.id).approval == pb.APPROVAL_APPROVED
    decided, faces = match.parts.enrolments.get(watchlist, made.enrolment_id)
    assert (decided.approval, decided.approver, decided.reason) == (pb.APPROVAL_APPROVED, CHIEF, "looked at it")
    assert [face.id for face in faces] == [made.face.id]
    assert waiting(match) == []


async def test_nobody_approves_what_they_asked_for(match):
    """Neither who enrolled, nor who began what somebody else repeated."""
    watchlist = await match.create()
    made = await enrolled(match, watchlist, "ann")
    with pytest.raises(PermissionDenied, match="OWN_REQUEST"):
        await approve(match, watchlist, made.enrolment_id, CLERK)
    assert await match.found(watchlist, "ann") == []


async def test_who_was_interrupted_waits_and_is_put_forward_when_enrolled_again(match, clock, bus):
    """A face that is in no enrolment is in none that can be approved; again, by whomever, it is in one."""
    watchlist = await match.create()
    propose = match.parts.enrolments.propose
    match.parts.enrolments.propose = lambda *_: _interrupted()
    with pytest.raises(ConnectionError):
        await enrolled(match, watchlist, "ann")
    match.parts.enrolments.propose = propose
    assert waiting(match) == []
    again = await match.enroll(watchlist, "ann", requester=CHIEF)
    assert (again.created, [each.id for each in waiting(match)]) == (False, [again.enrolment_id])
    for own in (CLERK, CHIEF):
        with pytest.raises(PermissionDenied, match="OWN_REQUEST"):
            await approve(match, watchlist, again.enrolment_id, own)
    await approve(match, watchlist, again.enrolment_id, "somebody else")
    assert await match.found(watchlist, "ann") == [again.face.id]
    match.parts.enrolments.propose = lambda *_: _interrupted()
    with pytest.raises(ConnectionError):
        await enrolled(match, watchlist, "ben")
    clock.time += RULES.decide_within.total_seconds() - 60
    await lapses(match, bus).look()
    assert [face.requester for face in match.projection.unlisted(10)] == [CLERK]
    clock.time += 120
    await lapses(match, bus).look()
    assert match.projection.unlisted(10) == []


async def _interrupted():
    raise ConnectionError


async def test_an_import_is_approved_at_once(match):
    """All batches of it, as far as the approver has seen them; what comes behind waits again."""
    watchlist = await match.create()
    first = await imported(match, watchlist, "ann", "ben")
    second = await imported(match, watchlist, "cy")
    assert [item.outcome for item in (*first.items, *second.items)] == [PENDING] * 3
    assert {each.import_id for each in waiting(match)} == {first.import_id}
    chosen = Chosen(import_id=first.import_id)
    with pytest.raises(Conflict, match="ENROLMENT_CHANGED"):
        await match.parts.decisions.approve(watchlist, chosen, CHIEF, "", 2)
    decided = await match.parts.decisions.approve(watchlist, chosen, CHIEF, "", 3)
    assert (decided.enrolments, decided.faces, decided.persons) == (2, 3, 3)
    later = await imported(match, watchlist, "ann", "eve")
    known, pending = later.items
    assert (known.outcome, pending.outcome) == (import_service_pb2.IMPORT_OUTCOME_KNOWN, PENDING)
    assert await match.found(watchlist, "cy") == [second.items[0].face_id]
    assert await match.found(watchlist, "eve") == []
    assert match.projection.roll(watchlist.id).size == 3


async def test_what_waits_survives_a_restart_and_a_lost_state_folder(begun, state):
    """Pending and approved stay so: made again from the ledger, with the same roll and the same ids."""
    async with begun() as match:
        watchlist = await match.create()
        ann = await enrolled(match, watchlist, "ann")
        batch = await imported(match, watchlist, "ben", "cy")
        waits = await enrolled(match, watchlist, "eve")
        await approve(match, watchlist, ann.enrolment_id)
        await approve(match, watchlist, batch.enrolment_id)
        # What is left of the chunk stands behind the approval in the ledger.
        await match.parts.faces.delete(watchlist, [batch.items[1].face_id])
        roll = match.projection.roll(watchlist.id)
    for lost in (False, True):
        if lost:
            shutil.rmtree(state)
        async with begun() as match:
            assert match.projection.roll(watchlist.id) == roll
            assert await match.index.size() == roll.size == 2
            assert await match.found(watchlist, "ben") == [batch.items[0].face_id]
            assert await match.found(watchlist, "eve") == []
            assert [each.id for each in waiting(match)] == [waits.enrolment_id]
    async with begun() as match:
        await approve(match, watchlist, waits.enrolment_id)
        assert await match.found(watchlist, "eve") == [waits.face.id]


async def test_what_is_rejected_is_erased(match, bus, stored):
    """With the key and a receipt of whoever has no other face; of others the face alone. No search ever finds it."""
    watchlist = await match.create()
    first = await enrolled(match, watchlist, "ann")
    await approve(match, watchlist, first.enrolment_id)
    second = await enrolled(match, watchlist, "ann", shows="ann#2")
    batch = await imported(match, watchlist, "ben", "cy")
    for chosen in (Chosen(second.enrolment_id), Chosen(import_id=batch.import_id)):
        await match.parts.decisions.reject(watchlist, chosen, CHIEF, "nobody knows why")
        with pytest.raises((FailedPrecondition, NotFound), match="ENROLMENT_"):
            await match.parts.decisions.approve(watchlist, chosen, "another", "")
    assert await lapses(match, bus).look() is False
    assert await match.found(watchlist, "ann") == [first.face.id]
    assert [person.external_id for person in match.parts.persons.list(watchlist, "", 10)] == ["ann"]
    assert match.projection.ending_enrolments(10) == []
    assert match.projection.waiting_faces([second.face.id, *(item.face_id for item in batch.items)]) == []
    ben = subject_of(watchlist.id, GalleryKind.PERSON, batch.items[0].person_id)
    assert (await match.parts.ledger.last(ben)).record is None
    events = await stored(bus, "AUDIT", events_pb2.AuditEvent)
    assert {(each.action, each.principal, each.object_id, each.detail) for each in events} == {
        ("gallery.erase_enrolment", SERVICE.subject, second.enrolment_id, "1 faces, 0 persons"),
        ("gallery.erase_enrolment", SERVICE.subject, batch.enrolment_id, "2 faces, 2 persons"),
    }
    again = await imported(match, watchlist, "ben")
    assert again.items[0].face_id not in {"", batch.items[0].face_id}


async def test_what_nobody_decides_in_time_is_erased(match, clock, bus, until):
    """From the moment on it cannot be approved any more; the trail says so."""
    watchlist = await match.create()
    made = await enrolled(match, watchlist, "ann")
    clock.time += RULES.decide_within.total_seconds() + 1
    with pytest.raises(FailedPrecondition, match="ENROLMENT_LAPSED"):
        await approve(match, watchlist, made.enrolment_id)

    async def gone() -> bool:
        return match.projection.kept_person(made.person.id) is None

    async with lapses(match, bus).running():
        await until(gone)
    lapsed, faces = match.parts.enrolments.get(watchlist, made.enrolment_id)
    assert (lapsed.approval, lapsed.approver, faces) == (pb.APPROVAL_LAPSED, "", [])


async def test_who_waits_for_approval_is_no_probe(match):
    """Nobody searches with a face that nobody approved."""
    watchlist = await match.create()
    made = await enrolled(match, watchlist, "ann")
    with pytest.raises(FailedPrecondition, match="FACE_NOT_APPROVED"):
        await match.parts.probes.read(search_service_pb2.BatchProbe(face_id=made.face.id), watchlist)
    templates = [record async for page in match.parts.export.templates(watchlist.id) for record in page]
    assert templates == []


async def test_what_waits_changes_the_model_with_the_others(before, opened, state, migrated, switched):
    """Approved before, during or after it, a face is found with the new embedder, and never before."""
    async with before(policy=POLICY) as match:
        watchlist = await match.create(keep_references=True)
        early, meanwhile, late = [await enrolled(match, watchlist, name) for name in ("ann", "cy", "ben")]
        await approve(match, watchlist, early.enrolment_id)
        await match.migrations.start(embedder_of(coming_pack()))
        await migrated(match)
        await approve(match, watchlist, meanwhile.enrolment_id)
        await match.migrations.switch(accept_unmigrated=False)
    async with opened(state, pack=coming_pack(), policy=POLICY) as match:
        await switched(match)
        watchlist = match.parts.watchlists.get("wanted")
        assert await match.found(watchlist, "ann") == [early.face.id]
        assert await match.found(watchlist, "cy") == [meanwhile.face.id]
        assert await match.found(watchlist, "ben") == []
        await approve(match, watchlist, late.enrolment_id)
        assert await match.found(watchlist, "ben") == [late.face.id]
        assert match.projection.roll(watchlist.id).size == await match.index.size() == 3
