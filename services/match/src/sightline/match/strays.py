"""What enrolments left that were interrupted while their person or watchlist was deleted: it is erased after all.

An enrolment that is overtaken by a deletion takes back what it wrote. One that is cut off before it can, because
somebody ends match or the broker is away, leaves records, keys and pictures that no list and no search shows. So do
migrations; and a move that is cut off leaves what is kept of a face sealed for somebody who has not got it.
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
from sightline.match.templates import Templates

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
        self._templates = Templates(parts.ledger)
        self._pictures: set[str] = set()
        self._astray: set[str] = set()
        self._keys: set[tuple[str, str]] = set()

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
        await self._end_templates()
        await self._end_references()
        await self._end_keys()

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

    async def _end_templates(self) -> None:
        """What another embedder made of a face that was deleted in that moment."""
        for each in self._projection.stray_templates(-1):
            with one_of_several(_TASK, each.id):
                if await self._late.is_buried(subject_of(each.watchlist_id, GalleryKind.FACE, each.face_id)):
                    log.info("left_template_erased", face=each.face_id)
                    await self._parts.gallery.applied(await self._templates.bury(each.watchlist_id, each.id))

    async def _end_references(self) -> None:
        """Of faces that are not there or are another's, twice in a row: what was at it has come to its end since."""
        gone, astray = set(), set()
        async for kept in self._parts.references.kept():
            face = self._projection.face(kept.face_id)
            if face is None:
                gone.add(kept.face_id)
            elif kept.person_id not in {"", face.person_id}:
                astray.add(kept.face_id)
        for face_id in gone & self._pictures:
            with one_of_several(_TASK, face_id):
                await self._end_reference(face_id)
        for face_id in astray & self._astray:
            with one_of_several(_TASK, face_id):
                log.info("interrupted_move_settled", face=face_id)
                await self._parts.moving.settle(face_id)
        self._pictures, self._astray = gone, astray

    async def _end_reference(self, face_id: str) -> None:
        """Nobody can read what has no key any more: that is erased as it is, or the keys are not restored yet."""
        try:
            await self._parts.references.get(face_id)
        except (NotFound, FailedPrecondition):
            return
        if self._projection.face(face_id) is None:
            log.info("left_reference_erased", face=face_id)
            await self._parts.references.delete(face_id)

    async def _end_keys(self) -> None:
        """Of persons who are deleted, twice in a row: such a key came anew, with what was written for them."""
        after, left, erasure = "", set(), self._parts.erasure
        while buried := self._projection.buried(after, OWNERS_AT_ONCE):
            after = buried[-1][0]
            keyed = await erasure.keyed([person_id for person_id, _ in buried])
            left |= {each for each in buried if each[0] in keyed}
        for person_id, watchlist_id in left & self._keys:
            with one_of_several(_TASK, person_id):
                log.info("left_key_destroyed", person=person_id)
                await erasure.key_anew(watchlist_id, person_id)
        self._keys = left
