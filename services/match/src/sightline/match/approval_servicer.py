from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.chassis.principal import current_principal, current_reach
from sightline.match.enrolment_decisions import Chosen
from sightline.match.erasure import erased_watchlist
from sightline.match.gallery_audit import audited, roll_text
from sightline.v1 import approval_service_pb2 as pb
from sightline.v1 import approval_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Audited, Auditor
    from sightline.match.parts import Parts


class ApprovalServicer(grpc_pb.ApprovalServiceServicer):
    """ApprovalService: protobuf in and out, every look and every decision audited."""

    def __init__(self, parts: Parts, auditor: Auditor) -> None:
        self._parts = parts
        self._auditor = auditor

    async def ListEnrolments(self, request: pb.ListEnrolmentsRequest, _: Any) -> pb.ListEnrolmentsResponse:
        """See the contract."""
        what = audited("list_enrolments", "watchlist", request)
        async with self._auditor.audit(what):
            what.object_id = self._parts.watchlists.get(request.watchlist).id if request.watchlist else ""
            size, reach = page_size(request.page_size), current_reach().watchlists
            after = _place(request.page_token)
            found = self._parts.enrolments.page(reach, what.object_id, request.approval, after, size + 1)
        token = _token(found[size - 1]) if len(found) > size else ""
        return pb.ListEnrolmentsResponse(enrolments=found[:size], next_page_token=token)

    async def GetEnrolment(self, request: pb.GetEnrolmentRequest, _: Any) -> pb.GetEnrolmentResponse:
        """See the contract."""
        what = audited("get_enrolment", "enrolment", request)
        what.object_id = request.enrolment_id
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            enrolment, faces = self._parts.enrolments.get(watchlist, request.enrolment_id)
        persons = self._parts.faces.persons(faces)
        return pb.GetEnrolmentResponse(enrolment=enrolment, faces=faces, persons=persons)

    async def ApproveEnrolment(self, request: pb.ApproveEnrolmentRequest, _: Any) -> pb.ApproveEnrolmentResponse:
        """See the contract."""
        what = _decision("approve_enrolment", request)
        async with self._auditor.audit(what):
            watchlist, approver = self._parts.watchlists.get(request.watchlist), current_principal().subject
            decided = await self._parts.decisions.approve(
                watchlist, _chosen(request), approver, request.reason, request.face_count
            )
            roll = roll_text(self._parts.faces.roll(watchlist.id))
            what.detail += f"{decided.faces} faces of {decided.persons} persons; {roll}"
        return pb.ApproveEnrolmentResponse(face_count=decided.faces, enrolment_count=decided.enrolments)

    async def RejectEnrolment(self, request: pb.RejectEnrolmentRequest, _: Any) -> pb.RejectEnrolmentResponse:
        """See the contract."""
        what = _decision("reject_enrolment", request)
        async with self._auditor.audit(what):
            watchlist, approver = self._parts.watchlists.get(request.watchlist), current_principal().subject
            decided = await self._parts.decisions.reject(watchlist, _chosen(request), approver, request.reason)
            what.detail += f"{decided.faces} faces of {decided.persons} persons"
        return pb.RejectEnrolmentResponse(
            face_count=decided.faces, person_count=decided.persons, enrolment_count=decided.enrolments
        )

    async def ApproveWatchlist(self, request: pb.ApproveWatchlistRequest, _: Any) -> pb.ApproveWatchlistResponse:
        """See the contract."""
        what = audited("approve_watchlist", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            what.object_id, what.detail = watchlist.id, request.reason
            approver = current_principal().subject
            approved = await self._parts.watchlist_approvals.approve(watchlist, approver, request.etag)
        return pb.ApproveWatchlistResponse(watchlist=approved)

    async def RejectWatchlist(self, request: pb.RejectWatchlistRequest, _: Any) -> pb.RejectWatchlistResponse:
        """See the contract."""
        what = audited("reject_watchlist", "watchlist", request)
        async with self._auditor.audit(what):
            watchlist = self._parts.watchlists.get(request.watchlist)
            what.object_id, what.detail = watchlist.id, request.reason
            deleted = await self._parts.watchlist_approvals.reject(watchlist, current_principal().subject)
            what.detail += f"; {deleted} faces"
        return pb.RejectWatchlistResponse(deleted_faces=deleted, receipt_id=erased_watchlist(watchlist).receipt_id)


def _chosen(request: pb.ApproveEnrolmentRequest | pb.RejectEnrolmentRequest) -> Chosen:
    return Chosen(request.enrolment_id, request.import_id)


def _decision(action: str, request: pb.ApproveEnrolmentRequest | pb.RejectEnrolmentRequest) -> Audited:
    kind = "enrolment" if request.enrolment_id else "import"
    what = audited(action, kind, request)
    what.object_id = request.enrolment_id or request.import_id
    what.detail = f"{request.reason}; " if request.reason else ""
    return what


def _token(last: pb.Enrolment) -> str:
    return to_token(f"{last.create_time.ToNanoseconds()} {last.id}")


def _place(token: str) -> tuple[int, str]:
    if not token:
        return 0, ""
    made, _, enrolment_id = from_token(token).partition(" ")
    try:
        return min(int(made), 2**63 - 1), enrolment_id
    except ValueError as error:
        raise refused_token() from error
