from __future__ import annotations

import pytest
from fakes import picture
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import InvalidInput
from sightline.chassis.identity.rights import EVERYTHING, Reach
from sightline.chassis.principal import Principal, enter
from sightline.match.gallery_servicer import GalleryServicer
from sightline.v1 import events_pb2
from sightline.v1 import gallery_service_pb2 as pb

WHY = {"purpose": "search", "case_reference": "case-7"}


@pytest.fixture
async def gallery(match, bus):
    """GalleryService, as ann calls it."""
    return GalleryServicer(match.parts, Auditor(bus, "match"))


async def test_every_change_says_what_the_watchlist_holds_then(gallery, match, bus, stored):
    """Who, why and in which case; what was changed, and the number and hash of the faces; never a name or a picture."""
    enter(Principal("ann"), Reach.of(watchlists=EVERYTHING))
    watchlist = await match.create()
    changes = pb.Watchlist(threshold=0.5)
    mask = FieldMask(paths=["threshold"])
    await gallery.UpdateWatchlist(
        pb.UpdateWatchlistRequest(watchlist="wanted", changes=changes, update_mask=mask, **WHY), None
    )
    request = pb.EnrollFaceRequest(
        watchlist="wanted", person="eve", display_name="Eve Moneypenny", image=picture("eve"), **WHY
    )
    face = (await gallery.EnrollFace(request, None)).face
    roll = match.projection.roll(watchlist.id)
    await gallery.DeletePerson(pb.DeletePersonRequest(watchlist="wanted", person="eve", **WHY), None)
    events = await stored(bus, "AUDIT", events_pb2.AuditEvent)
    assert {(each.principal, each.purpose, each.case_reference, each.outcome) for each in events} == {
        ("ann", "search", "case-7", "ok")
    }
    assert [(each.action, each.object_id) for each in events] == [
        ("gallery.update_watchlist", watchlist.id),
        ("gallery.enroll_face", face.id),
        ("gallery.delete_person", face.person_id),
    ]
    changed, enrolled, deleted = (each.detail for each in events)
    expires = watchlist.expire_time.ToJsonString()
    assert changed == f"fields: threshold; review two, cooldown 30 s, threshold 0.5000, expires {expires}"
    assert f"the watchlist holds 1 faces, set hash {roll.set_hash.hex()}" in enrolled
    assert "1 faces; the watchlist holds 0 faces, set hash 0000" in deleted
    assert not [each for each in events if "Moneypenny" in str(each) or "eve" in each.detail]


async def test_a_move_names_nobody(gallery, match, bus, stored):
    """Whoever gets a face is in the trail, which outlives every erasure, by their id alone, however they were named."""
    enter(Principal("ann"), Reach.of(watchlists=EVERYTHING))
    watchlist = await match.create()
    face, target = (await match.enroll(watchlist, "eve")).face, (await match.enroll(watchlist, "ben")).person
    for person in ("ben", "", target.id):
        request = pb.MoveFacesRequest(watchlist="wanted", face_ids=[face.id], person=person, **WHY)
        assert list((await gallery.MoveFaces(request, None)).moved_face_ids) == [face.id]
    whole = f"moved {face.id} to %s; 0 are not like it"
    events = await stored(bus, "AUDIT", events_pb2.AuditEvent)
    assert [each.detail for each in events] == [
        whole % f"person {target.id}",
        whole % "nobody",
        whole % f"person {target.id}",
    ]


async def test_looks_are_in_the_trail_and_so_is_what_failed(gallery, match, bus, stored):
    """Persons, faces and references that somebody looks at; an enrolment that is refused is there with its reason."""
    enter(Principal("ann"), Reach.of(watchlists=EVERYTHING))
    watchlist = await match.create(keep_references=True)
    face = (await match.enroll(watchlist, "eve")).face
    named = {"watchlist": "wanted", **WHY}
    await gallery.GetPerson(pb.GetPersonRequest(person="eve", **named), None)
    await gallery.ListPersons(pb.ListPersonsRequest(**named), None)
    await gallery.GetFace(pb.GetFaceRequest(face_id=face.id, **named), None)
    await gallery.GetFaceReference(pb.GetFaceReferenceRequest(face_id=face.id, **named), None)
    with pytest.raises(InvalidInput):
        await gallery.EnrollFace(pb.EnrollFaceRequest(person="ben", image=picture("ben~"), **named), None)
    events = await stored(bus, "AUDIT", events_pb2.AuditEvent)
    assert [(each.action.partition(".")[2], each.object_id, each.outcome) for each in events] == [
        ("get_person", face.person_id, "ok"),
        ("list_persons", watchlist.id, "ok"),
        ("get_face", face.id, "ok"),
        ("get_face_reference", face.id, "ok"),
        ("enroll_face", "", "LOW_SHARPNESS"),
    ]


async def test_persons_come_in_pages(gallery, match):
    """The token of a page leads to the next; the last one has none."""
    enter(Principal("ann"), Reach.of(watchlists=EVERYTHING))
    watchlist, found, token = await match.create(), [], ""
    for name in "abc":
        await match.parts.persons.create(watchlist, pb.Person(external_id=name))
    while True:
        page = await gallery.ListPersons(
            pb.ListPersonsRequest(watchlist="wanted", page_size=2, page_token=token, **WHY), None
        )
        found += [person.external_id for person in page.persons]
        token = page.next_page_token
        if not token:
            break
    assert found == ["a", "b", "c"]
