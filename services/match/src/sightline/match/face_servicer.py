from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import NotFound
from sightline.chassis.pages import from_token, page_size, to_token
from sightline.chassis.principal import current_principal
from sightline.match.application import Application
from sightline.match.gallery_audit import audited, roll_text
from sightline.match.selection import Wish
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.match.application import Enrolled
    from sightline.match.parts import Parts


class FaceServicer:
    """The part of GalleryService that is about faces."""

    def __init__(self, parts: Parts, auditor: Auditor) -> None:
        self._parts = parts
        self._auditor = auditor

    async def EnrollFace(self, request: pb.EnrollFaceRequest, _: Any) -> pb.EnrollFaceResponse:
        """See the contract."""
        what = audited("enroll_face", "face", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            enrolled = await self._parts.enrolment.enroll(_application(request, watchlist))
            what.object_id = ",".join(each.face.id for each in enrolled.faces)
            what.detail = f"{_outcome_text(enrolled)}; {roll_text(self._parts.faces.roll(watchlist.id))}"
        first = enrolled.faces[0] if enrolled.faces else pb.FaceEnrolment()
        return pb.EnrollFaceResponse(
            face=first.face if enrolled.faces else None,
            person=enrolled.person,
            created=first.created,
            enrolled=enrolled.faces,
            unenrolled=enrolled.unenrolled,
            enrolment_id=enrolled.enrolment_id,
        )

    async def GetFace(self, request: pb.GetFaceRequest, _: Any) -> pb.GetFaceResponse:
        """See the contract."""
        what = audited("get_face", "face", request)
        what.object_id = request.face_id
        async with self._auditor.audit(what):
            face, person = self._parts.faces.get(self._parts.watchlists.get(request.watchlist), request.face_id)
        return pb.GetFaceResponse(face=face, person=person)

    async def GetFaceReference(self, request: pb.GetFaceReferenceRequest, _: Any) -> pb.GetFaceReferenceResponse:
        """See the contract."""
        what = audited("get_face_reference", "face", request)
        what.object_id = request.face_id
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            reference = await self._parts.faces.reference(watchlist, request.face_id)
        return pb.GetFaceReferenceResponse(reference=reference)

    async def ListFaces(self, request: pb.ListFacesRequest, _: Any) -> pb.ListFacesResponse:
        """See the contract."""
        what = audited("list_faces", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            what.object_id = watchlist.id
            person_id = self._parts.persons.get(watchlist, request.person).id if request.person else ""
            size, after = page_size(request.page_size), from_token(request.page_token)
            found = self._parts.faces.page(watchlist, person_id, after, size + 1, request.face_ids)
        token = to_token(found[size - 1].id) if len(found) > size else ""
        persons = self._parts.faces.persons(found[:size])
        return pb.ListFacesResponse(faces=found[:size], persons=persons, next_page_token=token)

    async def DeleteFaces(self, request: pb.DeleteFacesRequest, _: Any) -> pb.DeleteFacesResponse:
        """See the contract."""
        what = audited("delete_faces", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            what.object_id = watchlist.id
            deleted = await self._parts.faces.delete(watchlist, request.face_ids)
            what.detail = f"deleted {','.join(deleted)}; {roll_text(self._parts.faces.roll(watchlist.id))}"
        return pb.DeleteFacesResponse(deleted_face_ids=deleted)

    async def MoveFaces(self, request: pb.MoveFacesRequest, _: Any) -> pb.MoveFacesResponse:
        """See the contract."""
        what = audited("move_faces", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            what.object_id = watchlist.id
            least = request.min_similarity if request.HasField("min_similarity") else None
            moved, unlike = await self._parts.moving.move(
                watchlist, request.face_ids, request.person, least, request.owner
            )
            what.detail = f"moved {','.join(moved)} to {self._whom(watchlist, request)}; {len(unlike)} are not like it"
        return pb.MoveFacesResponse(moved_face_ids=moved, unlike_face_ids=unlike, unlike_similarities=unlike.values())

    def _whom(self, watchlist: pb.Watchlist, request: pb.MoveFacesRequest) -> str:
        """Who gets faces, by their id: the trail has no names, and outlives everybody's erasure."""
        if not request.person:
            return "nobody"
        try:
            return f"person {self._parts.persons.get(watchlist, request.person).id}"
        except NotFound:
            return "somebody who is deleted by now"


def _application(request: pb.EnrollFaceRequest, watchlist: pb.Watchlist) -> Application:
    box = request.box if request.HasField("box") else None
    return Application(
        watchlist=watchlist,
        external_id=request.person,
        display_name=request.display_name,
        source=getattr(request, request.WhichOneof("source") or "image"),
        purpose=request.purpose,
        case_reference=request.case_reference,
        wish=Wish(request.selection, box, request.max_faces),
        gate=request.quality_gate,
        requester=current_principal().subject,
        external_image_id=request.external_image_id,
        image_id=request.image_id,
    )


def _outcome_text(enrolled: Enrolled) -> str:
    made = sum(each.created for each in enrolled.faces)
    persons = sorted({each.face.person_id for each in enrolled.faces})
    said = [f"person {','.join(persons)}", f"{made} new faces", f"{len(enrolled.unenrolled)} refused"]
    if enrolled.enrolment_id:
        said.append(f"waits for approval as enrolment {enrolled.enrolment_id}")
    warned = {(issue.reason, issue.person_id) for each in enrolled.faces for issue in each.warnings}
    return ", ".join(said + [f"{reason} {person_id}" for reason, person_id in sorted(warned)])
