from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.errors import NotFound
from sightline.chassis.pages import from_token, page_size, to_token
from sightline.chassis.principal import current_reach
from sightline.match.enrolment import Application, person_id_of
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import gallery_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.match.enrolment import Enrolment
    from sightline.match.projection import GalleryProjection
    from sightline.match.watchlists import Watchlists


class GalleryServicer(grpc_pb.GalleryServiceServicer):
    """GalleryService: protobuf in and out, every change and every look audited."""

    def __init__(
        self, watchlists: Watchlists, enrolment: Enrolment, projection: GalleryProjection, auditor: Auditor
    ) -> None:
        self._watchlists = watchlists
        self._enrolment = enrolment
        self._projection = projection
        self._auditor = auditor

    async def CreateWatchlist(self, request: pb.CreateWatchlistRequest, _: Any) -> pb.CreateWatchlistResponse:
        """See the contract."""
        what = Audited("gallery.create_watchlist", "watchlist", purpose=request.watchlist.purpose)
        async with self._auditor.audit(what):
            watchlist = await self._watchlists.create(request.watchlist)
            what.object_id = watchlist.id
        return pb.CreateWatchlistResponse(watchlist=watchlist)

    async def GetWatchlist(self, request: pb.GetWatchlistRequest, _: Any) -> pb.GetWatchlistResponse:
        """See the contract."""
        return pb.GetWatchlistResponse(watchlist=self._watchlists.get(request.watchlist))

    async def ListWatchlists(self, request: pb.ListWatchlistsRequest, _: Any) -> pb.ListWatchlistsResponse:
        """See the contract."""
        size = page_size(request.page_size)
        found = self._watchlists.list(from_token(request.page_token), size + 1, current_reach().watchlists)
        token = to_token(found[size - 1].name) if len(found) > size else ""
        return pb.ListWatchlistsResponse(watchlists=found[:size], next_page_token=token)

    async def DeleteWatchlist(self, request: pb.DeleteWatchlistRequest, _: Any) -> pb.DeleteWatchlistResponse:
        """See the contract."""
        what = _audited("gallery.delete_watchlist", "watchlist", request)
        async with self._auditor.audit(what):
            what.object_id = self._watchlists.get(request.watchlist).id
            deleted = await self._watchlists.delete(request.watchlist)
        return pb.DeleteWatchlistResponse(deleted_faces=deleted)

    async def EnrollFace(self, request: pb.EnrollFaceRequest, _: Any) -> pb.EnrollFaceResponse:
        """See the contract."""
        what = _audited("gallery.enroll_face", "face", request)
        async with self._auditor.audit(what):
            application = Application(
                watchlist=self._watchlists.get(request.watchlist),
                external_id=request.person,
                display_name=request.display_name,
                image=request.image,
                purpose=request.purpose,
                case_reference=request.case_reference,
            )
            enrolled = await self._enrolment.enroll(application)
            what.object_id = enrolled.face.id
        return pb.EnrollFaceResponse(face=enrolled.face, person=enrolled.person, created=enrolled.created)

    async def ListFaces(self, request: pb.ListFacesRequest, _: Any) -> pb.ListFacesResponse:
        """See the contract."""
        what = _audited("gallery.list_faces", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._watchlists.get(request.watchlist)
            what.object_id = watchlist.id
            size = page_size(request.page_size)
            person = self._person_id(watchlist.id, request.person)
            found = self._projection.faces(watchlist.id, person, from_token(request.page_token), size + 1)
        token = to_token(found[size - 1].id) if len(found) > size else ""
        page = found[:size]
        persons = map(self._projection.person, sorted({face.person_id for face in page}))
        return pb.ListFacesResponse(
            faces=page, persons=[person for person in persons if person is not None], next_page_token=token
        )

    async def DeleteFaces(self, request: pb.DeleteFacesRequest, _: Any) -> pb.DeleteFacesResponse:
        """See the contract."""
        what = _audited("gallery.delete_faces", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._watchlists.get(request.watchlist)
            what.object_id = watchlist.id
            deleted = await self._enrolment.delete(watchlist, request.face_ids)
        return pb.DeleteFacesResponse(deleted_face_ids=deleted)

    def _person_id(self, watchlist_id: str, external_id: str) -> str:
        if not external_id:
            return ""
        person_id = person_id_of(watchlist_id, external_id)
        if self._projection.person(person_id) is None:
            raise NotFound("PERSON_NOT_FOUND", f"The watchlist has no person '{external_id}'.")
        return person_id


def _audited(
    action: str,
    kind: str,
    request: pb.DeleteWatchlistRequest | pb.EnrollFaceRequest | pb.ListFacesRequest | pb.DeleteFacesRequest,
) -> Audited:
    return Audited(action, kind, purpose=request.purpose, case_reference=request.case_reference)
