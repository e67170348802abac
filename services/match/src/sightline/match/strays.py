"""What enrolments left that were interrupted while their person or watchlist was deleted: it is erased after all.

An enrolment that is overtaken by a deletion takes back what it wrote. One that is cut off before it can, because
somebody ends match or the broker is away, leaves records, keys and pictures that no list and no search shows.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import FailedPrecondition, NotFound
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.rounds import Rounds, one_of_several
from sightline.match.expiry import SERVICE
from sightline.match.late_records import LateRecords
from sightline.match.ledger import subject_of

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from sightline.chassis.bus import Bus
    from sightline.match.parts import Parts
    from sightline.match.projection import GalleryProjection

log = structlog.get_logger()

PAUSE_SECONDS = 6 * 3600.0
"""Whatever is found is gone from the disk within a day, as what is deleted."""
OWNERS_AT_ONCE = 256
FACES_AT_ONCE = 64
_TASK = "strays"


class Strays:
    """Looks for what was left. Every replica does: what two of them erase at once is erased once.

    Args:
        bus: to the broker that has the ledger.
        parts: the use cases.
        projection: what is there.
        pause: in seconds, between two looks.
    """

    def __init__(self, bus: Bus, parts: Parts, projection: GalleryProjection, pause: float = PAUSE_SECONDS) -> None:
        self._late = LateRecords(bus, parts.ledger)
        self._parts = parts
        self._projection = projection
        self._pause = pause
        self._suspected: set[str] = set()

    def running(self) -> AbstractAsyncContextManager[None]:
        """Looks again and again while the block runs."""
        return Rounds(_TASK, self.look, self._pause, service=SERVICE).running()

    async def look(self) -> None:
        """Erases what is left, once this copy has all that the ledger has. Raises as `Gallery.caught_up`."""
        await self._parts.gallery.caught_up()
        for watchlist_id in self._projection.ended_watchlists():
            with one_of_several(_TASK, watchlist_id):
                await self._end_watchlist(watchlist_id)
        await self._end_persons()
        await self._end_references()

    async def _end_watchlist(self, watchlist_id: str) -> None:
        subject = subject_of(watchlist_id, GalleryKind.WATCHLIST, watchlist_id)
        if self._projection.kept_watchlist(watchlist_id) is None and await self._late.is_buried(subject):
            owners, faces = await self._late.of(watchlist_id)
            if owners or faces:
                log.info("left_records_erased", watchlist=watchlist_id, faces=len(faces))
                await self._parts.erasure.left_of_watchlist(watchlist_id, owners, faces)
        self._projection.forget_ended(watchlist_id)

    async def _end_persons(self) -> None:
        after = ""
        while owners := self._projection.owners(after, OWNERS_AT_ONCE):
            after = owners[-1][0]
            for person_id, is_there in owners:
                if not is_there:
                    with one_of_several(_TASK, person_id):
                        await self._end_person(person_id)
            # Of a large gallery these are many: whoever searches gets their turn.
            await asyncio.sleep(0)

    async def _end_person(self, person_id: str) -> None:
        """Erases the faces of a person who has a tombstone; without one they are only not here yet."""
        while kept := self._projection.kept_faces(person_id=person_id, limit=FACES_AT_ONCE):
            watchlist_id = kept[0].face.watchlist_id
            if not await self._late.is_buried(subject_of(watchlist_id, GalleryKind.PERSON, person_id)):
                return
            log.info("left_faces_erased", person=person_id, faces=len(kept))
            await self._parts.faces.delete_ownerless(watchlist_id, kept)

    async def _end_references(self) -> None:
        """Of faces that are not there, twice in a row: in between, an enrolment that was at it has come to its end."""
        there = {face_id async for face_id in self._parts.references.kept() if not self._projection.face(face_id)}
        for face_id in there & self._suspected:
            with one_of_several(_TASK, face_id):
                await self._end_reference(face_id)
        self._suspected = there

    async def _end_reference(self, face_id: str) -> None:
        """Nobody can read what has no key any more: that is erased as it is, or the keys are not restored yet."""
        try:
            await self._parts.references.get(face_id)
        except (NotFound, FailedPrecondition):
            return
        if self._projection.face(face_id) is None:
            log.info("left_reference_erased", face=face_id)
            await self._parts.references.delete(face_id)
