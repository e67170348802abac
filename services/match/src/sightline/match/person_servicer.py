from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.field_mask import mask_text
from sightline.chassis.pages import from_token, page_size, to_token
from sightline.match.erasure import erased_person
from sightline.match.gallery_audit import audited, roll_text
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.match.parts import Parts


class PersonServicer:
    """The part of GalleryService that is about persons."""

    def __init__(self, parts: Parts, auditor: Auditor) -> None:
        self._parts = parts
        self._auditor = auditor

    async def CreatePerson(self, request: pb.CreatePersonRequest, _: Any) -> pb.CreatePersonResponse:
        """See the contract."""
        what = audited("create_person", "person", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            person = await self._parts.persons.create(watchlist, request.person)
            what.object_id = person.id
        return pb.CreatePersonResponse(person=person)

    async def GetPerson(self, request: pb.GetPersonRequest, _: Any) -> pb.GetPersonResponse:
        """See the contract."""
        what = audited("get_person", "person", request)
        async with self._auditor.audit(what):
            person = self._parts.persons.get(self._parts.watchlists.get(request.watchlist), request.person)
            what.object_id = person.id
        return pb.GetPersonResponse(person=person, face_count=self._parts.faces.count(person.id))

    async def ListPersons(self, request: pb.ListPersonsRequest, _: Any) -> pb.ListPersonsResponse:
        """See the contract."""
        what = audited("list_persons", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            what.object_id = watchlist.id
            size, after = page_size(request.page_size), from_token(request.page_token)
            filters = (request.external_id_prefix, request.display_name_part)
            named_only = request.named_only
            found = self._parts.persons.list(watchlist, after, size + 1, *filters, named_only=named_only)
        token = to_token(found[size - 1].external_id) if len(found) > size else ""
        counts = [self._parts.faces.count(each.id) for each in found[:size]]
        return pb.ListPersonsResponse(persons=found[:size], next_page_token=token, face_counts=counts)

    async def UpdatePerson(self, request: pb.UpdatePersonRequest, _: Any) -> pb.UpdatePersonResponse:
        """See the contract."""
        what = audited("update_person", "person", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            what.object_id = self._parts.persons.get(watchlist, request.person).id
            what.detail = mask_text(request.update_mask)
            person = await self._parts.persons.update(
                watchlist, request.person, request.changes, request.update_mask, request.etag
            )
        return pb.UpdatePersonResponse(person=person)

    async def DeletePerson(self, request: pb.DeletePersonRequest, _: Any) -> pb.DeletePersonResponse:
        """See the contract."""
        what = audited("delete_person", "person", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            person = self._parts.persons.get(watchlist, request.person)
            what.object_id = person.id
            deleted = await self._parts.persons.delete(watchlist, request.person)
            what.detail = f"{deleted} faces; {roll_text(self._parts.faces.roll(watchlist.id))}"
        return pb.DeletePersonResponse(deleted_faces=deleted, receipt_id=erased_person(person).receipt_id)
