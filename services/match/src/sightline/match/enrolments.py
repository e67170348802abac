"""Enrolments that wait for somebody's approval: proposed by who enrols, and shown to who decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput, NotFound
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.ids import new_id
from sightline.match.approval_rows import Standing
from sightline.match.ledger import subject_of
from sightline.v1 import approval_service_pb2, records_pb2
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Collection

    from sightline.chassis.identity.rights import Selection
    from sightline.chassis.policy import Enrolments as Rules
    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection


@dataclass(frozen=True)
class Proposal:
    """Who asks for an enrolment, and why."""

    watchlist_id: str
    requester: str
    purpose: str
    case_reference: str
    import_id: str = ""


class Enrolments:
    """The use cases around enrolments that are to be approved.

    A face is written before the enrolment that lists it, and an enrolment never gets another face: who approves it
    approves what they could see. A face that is in none, because whoever made it was interrupted, waits all the same;
    enrolled again it gets into one.
    """

    def __init__(self, ledger: Ledger, gallery: Gallery, projection: GalleryProjection, rules: Rules) -> None:
        self._ledger = ledger
        self._gallery = gallery
        self._projection = projection
        self._rules = rules

    @property
    def approval(self) -> pb.Approval:
        """What new faces begin with."""
        return pb.APPROVAL_PENDING if self._rules.approval == "one" else pb.APPROVAL_UNSPECIFIED

    def require_reasons(self, purpose: str) -> None:
        """Raises InvalidInput PURPOSE_MISSING, where the policy asks for one."""
        if self._rules.reasons_required and not purpose.strip():
            message = "The policy asks for the purpose of every enrolment: say why (`--purpose`)."
            raise InvalidInput("PURPOSE_MISSING", message)

    async def propose(self, proposal: Proposal, face_ids: Collection[str]) -> str:
        """Puts those of the faces before an approver that are in no enrolment; returns its id, "" where all are."""
        unlisted = self._projection.waiting_faces(face_ids, Standing.UNLISTED)
        if not unlisted:
            return ""
        record = records_pb2.EnrolmentRecord(enrolment=self._begun(proposal), face_ids=unlisted)
        subject = subject_of(proposal.watchlist_id, GalleryKind.ENROLMENT, record.enrolment.id)
        entry = records_pb2.LedgerRecord(enrolment=record)
        await self._gallery.applied(await self._ledger.append(subject, proposal.watchlist_id, entry, expected=0))
        return record.enrolment.id

    def where_waiting(self, face_id: str) -> str:
        """The enrolment in which the face waits; "" where it does not."""
        return self._projection.enrolment_of(face_id)

    def page(
        self, chosen: Selection, watchlist_id: str, approval: pb.Approval, after: tuple[int, str], limit: int
    ) -> list[approval_service_pb2.Enrolment]:
        """By time, in nanoseconds, and id: those behind `after`; unspecified: those that are pending."""
        wanted = approval or pb.APPROVAL_PENDING
        return self._projection.enrolments(chosen, watchlist_id, wanted, after, limit)

    def get(
        self, watchlist: pb.Watchlist, enrolment_id: str
    ) -> tuple[approval_service_pb2.Enrolment, list[pb.EnrolledFace]]:
        """The enrolment, and those of its faces that are there. Raises NotFound ENROLMENT_NOT_FOUND."""
        found = self._projection.enrolment(enrolment_id)
        if found is None or found.watchlist_id != watchlist.id:
            raise missing_enrolment(watchlist)
        return found, self._projection.faces_of_enrolment(enrolment_id)

    def _begun(self, proposal: Proposal) -> approval_service_pb2.Enrolment:
        enrolment = approval_service_pb2.Enrolment(
            id=new_id(),
            watchlist_id=proposal.watchlist_id,
            import_id=proposal.import_id,
            requester=proposal.requester,
            purpose=proposal.purpose,
            case_reference=proposal.case_reference,
            approval=pb.APPROVAL_PENDING,
        )
        now = self._projection.now()
        enrolment.create_time.FromNanoseconds(int(now * 1e9))
        enrolment.decide_by_time.FromNanoseconds(int((now + self._rules.decide_within.total_seconds()) * 1e9))
        return enrolment


def missing_enrolment(watchlist: pb.Watchlist) -> NotFound:
    """The error of an enrolment that is not there."""
    message = f"Nothing of that id waits in watchlist '{watchlist.name}': `sightline enrolments list`."
    return NotFound("ENROLMENT_NOT_FOUND", message)
