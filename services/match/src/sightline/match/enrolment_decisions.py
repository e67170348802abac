"""What becomes of an enrolment that waits: somebody approves or rejects it, or nobody does in time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import Conflict, FailedPrecondition, PermissionDenied
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.enrolments import missing_enrolment
from sightline.match.ledger import WRONG_LAST_SEQUENCE, subject_of
from sightline.v1 import approval_service_pb2, records_pb2
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection


@dataclass(frozen=True)
class Decision:
    """What was decided, by whom ("": by nobody, as its time is over), and why."""

    approval: pb.Approval
    approver: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Chosen:
    """Which enrolments are meant: one, or ("") all of an import that are pending."""

    enrolment_id: str = ""
    import_id: str = ""


@dataclass(frozen=True)
class Decided:
    """How much it was about."""

    enrolments: int
    faces: int
    persons: int


class EnrolmentDecisions:
    """The use cases of deciding. The record in the ledger is changed by compare-and-set: the first one counts."""

    def __init__(self, ledger: Ledger, gallery: Gallery, projection: GalleryProjection) -> None:
        self._ledger = ledger
        self._gallery = gallery
        self._projection = projection
        self.rejected = asyncio.Event()
        """Set when there is something to erase."""

    async def approve(
        self, watchlist: pb.Watchlist, chosen: Chosen, approver: str, reason: str, face_count: int = 0
    ) -> Decided:
        """Lets the faces be found, and returns once searches find them.

        Args:
            watchlist: in which they wait.
            chosen: which enrolments.
            approver: who decides.
            reason: why.
            face_count: how many faces they have seen; 0: however many.

        Raises:
            NotFound: ENROLMENT_NOT_FOUND.
            PermissionDenied: OWN_REQUEST, they asked for some of it themselves.
            FailedPrecondition: ENROLMENT_DECIDED, ENROLMENT_LAPSED.
            Conflict: ENROLMENT_CHANGED, it is about other faces by now.
        """
        enrolments = await self._find(watchlist, chosen)
        for enrolment in enrolments:
            self._require_other(enrolment, approver)
        seen = sum(each.face_count for each in enrolments)
        if face_count not in {0, seen}:
            raise Conflict("ENROLMENT_CHANGED", f"It is {seen} faces by now, not {face_count}: look at it again.")
        return await self._decide(enrolments, Decision(pb.APPROVAL_APPROVED, approver, reason))

    async def reject(self, watchlist: pb.Watchlist, chosen: Chosen, approver: str, reason: str) -> Decided:
        """Has the faces erased, soon. Raises as `approve`; whoever asked for it may take it back."""
        decided = await self._decide(
            await self._find(watchlist, chosen), Decision(pb.APPROVAL_REJECTED, approver, reason)
        )
        self.rejected.set()
        return decided

    async def lapse(self, enrolment: approval_service_pb2.Enrolment) -> bool:
        """Notes that nobody decided in time; False where somebody just has."""
        try:
            await self._gallery.applied(await self._write(enrolment, Decision(pb.APPROVAL_LAPSED)))
        except FailedPrecondition as error:
            if error.reason != "ENROLMENT_DECIDED":
                raise
            return False
        return True

    async def _find(self, watchlist: pb.Watchlist, chosen: Chosen) -> Sequence[approval_service_pb2.Enrolment]:
        # Another replica may have made it a moment ago.
        await self._gallery.caught_up()
        if chosen.enrolment_id:
            one = self._projection.enrolment(chosen.enrolment_id)
            found = [one] if one else []
        else:
            found = self._projection.pending_of_import(chosen.import_id)
        found = [each for each in found if each.watchlist_id == watchlist.id]
        if not found:
            raise missing_enrolment(watchlist)
        return found

    def _require_other(self, enrolment: approval_service_pb2.Enrolment, approver: str) -> None:
        # Who repeats what somebody else began asks for it, and so did they.
        faces = self._projection.faces_of_enrolment(enrolment.id)
        if approver in {enrolment.requester, *(face.requester for face in faces)}:
            raise PermissionDenied(
                "OWN_REQUEST", "Nobody approves what they asked for themselves: somebody else has to look at it."
            )

    async def _decide(self, enrolments: Sequence[approval_service_pb2.Enrolment], decision: Decision) -> Decided:
        sequence = 0
        for enrolment in enrolments:
            if enrolment.decide_by_time.ToNanoseconds() / 1e9 <= self._projection.now():
                raise FailedPrecondition("ENROLMENT_LAPSED", "Its time is over, and it is being erased: enrol again.")
            sequence = await self._write(enrolment, decision)
        await self._gallery.applied(sequence)
        return Decided(
            len(enrolments), sum(each.face_count for each in enrolments), sum(each.person_count for each in enrolments)
        )

    async def _write(self, enrolment: approval_service_pb2.Enrolment, decision: Decision) -> int:
        subject = subject_of(enrolment.watchlist_id, GalleryKind.ENROLMENT, enrolment.id)
        last = await self._ledger.last(subject)
        if last is None or last.record is None or last.record.enrolment.enrolment.approval != pb.APPROVAL_PENDING:
            raise _decided()
        record = last.record.enrolment
        record.enrolment.approval, record.enrolment.approver = decision.approval, decision.approver
        record.enrolment.reason = decision.reason
        record.enrolment.decide_time.FromNanoseconds(int(self._projection.now() * 1e9))
        entry = records_pb2.LedgerRecord(enrolment=record)
        try:
            return await self._ledger.append(subject, enrolment.watchlist_id, entry, expected=last.sequence)
        except FailedPrecondition as error:
            if error.reason != WRONG_LAST_SEQUENCE:
                raise
            raise _decided() from error


def _decided() -> FailedPrecondition:
    return FailedPrecondition("ENROLMENT_DECIDED", "Somebody has decided about it already.")
