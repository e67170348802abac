"""Enrolments that nobody approved: what was rejected, or not decided in time, is erased."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sightline.chassis.audit import Audited
from sightline.chassis.rounds import Rounds
from sightline.match.expiry import PAUSE_SECONDS, SERVICE
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from datetime import timedelta

    from sightline.chassis.audit import Auditor
    from sightline.match.parts import Parts
    from sightline.match.projection import GalleryProjection

AT_ONCE = 100
PERSONS_AT_ONCE = 16


class Lapses:
    """Looks at what waits. Every replica does: what two of them erase at once is erased once.

    Args:
        parts: the use cases.
        projection: what waits.
        auditor: as match, with the purpose "not approved".
        decide_within: after which a face goes that got into no enrolment.
        pause: in seconds, between two looks.
    """

    def __init__(
        self,
        parts: Parts,
        projection: GalleryProjection,
        auditor: Auditor,
        decide_within: timedelta,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._parts = parts
        self._projection = projection
        self._auditor = auditor
        self._decide_within = decide_within.total_seconds()
        self._pause = pause

    def running(self) -> AbstractAsyncContextManager[None]:
        """Looks again and again while the block runs, and at once when something was rejected."""
        return Rounds("lapses", self.look, self._pause, service=SERVICE, woken=self._parts.decisions.rejected).running()

    async def look(self) -> bool:
        """Erases some of what is due; returns whether there may be more."""
        overdue = self._projection.overdue_enrolments(self._projection.now(), AT_ONCE)
        for enrolment in overdue:
            if await self._parts.decisions.lapse(enrolment):
                async with self._auditor.audit(_audited("gallery.lapse_enrolment", enrolment.id)) as what:
                    what.detail = f"{enrolment.face_count} faces; nobody decided in time"
        ending = self._projection.ending_enrolments(AT_ONCE)
        for enrolment in ending:
            await self._erase(enrolment.id, self._projection.faces_of_enrolment(enrolment.id))
        before = self._projection.now() - self._decide_within
        left = [face for face in self._projection.unlisted(AT_ONCE) if face.create_time.ToNanoseconds() / 1e9 <= before]
        if left:
            await self._erase("", left)
        return AT_ONCE in {len(overdue), len(ending), len(left)}

    async def _erase(self, enrolment_id: str, faces: list[pb.EnrolledFace]) -> None:
        waiting = set(self._projection.waiting_faces([face.id for face in faces]))
        by_person: dict[str, list[pb.EnrolledFace]] = {}
        for face in faces:
            if face.id in waiting:
                by_person.setdefault(face.person_id, []).append(face)
        async with self._auditor.audit(_audited("gallery.erase_enrolment", enrolment_id)) as what:
            turns = asyncio.Semaphore(PERSONS_AT_ONCE)
            gone = await asyncio.gather(*(self._erase_of(turns, *each) for each in by_person.items()))
            what.detail = f"{len(waiting)} faces, {sum(gone)} persons"

    async def _erase_of(self, turns: asyncio.Semaphore, person_id: str, faces: list[pb.EnrolledFace]) -> bool:
        """Whoever has no other face goes with their key: nobody agreed that they are looked for."""
        async with turns:
            person = self._projection.kept_person(person_id)
            alone = set(self._projection.face_ids(person_id)) <= {face.id for face in faces}
            if person is not None and alone:
                if not self._parts.erasure.is_at(person_id):
                    await self._parts.erasure.person(person)
                return True
            await self._parts.faces.delete(pb.Watchlist(id=faces[0].watchlist_id), [face.id for face in faces])
            return False


def _audited(action: str, enrolment_id: str) -> Audited:
    return Audited(action, "enrolment", enrolment_id, purpose="not approved")
