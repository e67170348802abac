"""Enrolments that nobody approved: what was rejected, or not decided in time, is erased."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sightline.chassis.audit import Audited
from sightline.chassis.rounds import Rounds, one_of_several
from sightline.match.expiry import PAUSE_SECONDS, SERVICE
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from contextlib import AbstractAsyncContextManager
    from datetime import timedelta

    from sightline.chassis.audit import Auditor
    from sightline.match.parts import Parts
    from sightline.match.projection import GalleryProjection
    from sightline.v1.approval_service_pb2 import Enrolment

AT_ONCE = 100
PERSONS_AT_ONCE = 16
_TASK = "lapses"


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
        return Rounds(_TASK, self.look, self._pause, service=SERVICE, woken=self._parts.decisions.rejected).running()

    async def look(self) -> bool:
        """Erases some of what is due; returns whether there may be more."""
        lapsed = await self._each(self._projection.overdue_enrolments(self._projection.now(), AT_ONCE), self._lapse)
        ended = await self._each(self._projection.ending_enrolments(AT_ONCE), self._end)
        before = self._projection.now() - self._decide_within
        left = [face for face in self._projection.unlisted(AT_ONCE) if face.create_time.ToNanoseconds() / 1e9 <= before]
        if left:
            await self._erase("", left)
        return AT_ONCE in {lapsed, ended, len(left)}

    async def _each(self, due: Iterable[Enrolment], do: Callable[[Enrolment], Awaitable[None]]) -> int:
        """How many of them it was done with."""
        done = 0
        for enrolment in due:
            with one_of_several(_TASK, enrolment.id):
                await do(enrolment)
                done += 1
        return done

    async def _lapse(self, enrolment: Enrolment) -> None:
        if await self._parts.decisions.lapse(enrolment):
            async with self._auditor.audit(_audited("gallery.lapse_enrolment", enrolment.id)) as what:
                what.detail = f"{enrolment.face_count} faces; nobody decided in time"

    async def _end(self, enrolment: Enrolment) -> None:
        await self._erase(enrolment.id, self._projection.faces_of_enrolment(enrolment.id))

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
