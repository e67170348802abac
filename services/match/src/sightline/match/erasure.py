"""Erasure: faces, persons and watchlists with all that belongs to them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.receipts import Erased, Step
from sightline.match.ledger import subject_of
from sightline.match.names import Names
from sightline.match.templates import Templates
from sightline.match.vaults import vault_of
from sightline.match.watchlist_erasure import WatchlistErasure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sightline.chassis.keyring import KeyRing
    from sightline.chassis.receipts import Receipts
    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection, KeptFace
    from sightline.match.records import Record, Records
    from sightline.match.references import References
    from sightline.v1 import gallery_service_pb2 as pb

KEY_DESTROYED = "copies of what it sealed cannot be read; backups that hold keys are not known here"
# So many are deleted at the same time.
BLOCK = 64


class Erasure:
    """Deletes for good. Each step can be repeated, and the record that says that there is something goes last.

    Persons and watchlists are marked as expired before anything else: from then on nobody finds them, and where a
    process dies over the rest, the expiry goes on with it.
    """

    def __init__(
        self,
        ledger: Ledger,
        records: Records,
        gallery: Gallery,
        projection: GalleryProjection,
        keys: KeyRing,
        references: References,
        receipts: Receipts,
    ) -> None:
        self._ledger = ledger
        self._records = records
        self._gallery = gallery
        self._projection = projection
        self._keys = keys
        self._references = references
        self._receipts = receipts
        self._names = Names(ledger)
        self._templates = Templates(ledger)
        self._at: set[str] = set()

    def is_at(self, record_id: str) -> bool:
        """Whether this person or watchlist is being deleted at this moment."""
        return record_id in self._at

    async def faces(self, faces: Sequence[KeptFace]) -> int:
        """Deletes faces with their references, and returns how many once no search can find them."""
        for start in range(0, len(faces), BLOCK):
            sequences = await asyncio.gather(*map(self._face, faces[start : start + BLOCK]))
            await self._gallery.applied(max(sequences))
        return len(faces)

    async def person(self, person: pb.Person) -> int:
        """Deletes a person with their faces, destroys their key, and returns how many faces there were.

        Raises:
            Conflict: RECORD_CHANGED.
        """
        erased, count = erased_person(person), 0
        with self._busy_with(person.id):
            await self._begin(erased, person)
            while True:
                while kept := self._projection.kept_faces(person_id=person.id, limit=BLOCK):
                    await self._withdraw_moved(person, [each.face.id for each in kept])
                    count += await self.faces(kept)
                await self._gallery.applied(await self._end_person(erased, count))
                # An enrolment that began before the mark may have ended after the look.
                if not self._projection.kept_faces(person_id=person.id, limit=1):
                    return count

    async def watchlist(self, watchlist: pb.Watchlist) -> int:
        """Deletes a watchlist with everybody in it, destroys their keys, and returns how many faces there were.

        Raises:
            Conflict: RECORD_CHANGED.
        """
        erased = erased_watchlist(watchlist)
        with self._busy_with(watchlist.id):
            await self._begin(erased, watchlist)
            parts = (self._ledger, self._gallery, self._projection, self._keys, self._references)
            count = await WatchlistErasure(watchlist.id, *parts, self.faces).run()
            await self._names.release(watchlist.name, watchlist.id)
            await self._keys.destroy(watchlist.id)
            await self._say_erased(erased, count)
            await self._gallery.applied(
                await self._ledger.bury(subject_of(watchlist.id, GalleryKind.WATCHLIST, watchlist.id))
            )
            return count

    async def too_late(self, watchlist_id: str, subjects: Sequence[str], faces: Sequence[pb.EnrolledFace]) -> None:
        """Takes back what was written for a watchlist that is gone: these records, references, and the keys of both.

        The keys came anew, behind the watchlist's erasure. One that has not come to its end destroys them itself.
        """
        await asyncio.gather(*(self._references.delete(face.id) for face in faces if face.has_reference))
        for subject in subjects:
            await self._ledger.bury(subject)
        if self._projection.kept_watchlist(watchlist_id) is None:
            vault = vault_of(watchlist_id)
            await self._keys.destroy_all({face.person_id for face in faces}, within=vault)
            await self._keys.destroy(vault)

    async def ownerless(self, faces: Sequence[KeptFace]) -> None:
        """Deletes faces that were written for somebody who had been deleted, and the key that came anew with them."""
        await self.faces(faces)
        for watchlist_id, person_id in {(each.face.watchlist_id, each.face.person_id) for each in faces}:
            await self.key_anew(watchlist_id, person_id)

    async def keyed(self, owners: Collection[str]) -> set[str]:
        """Those of the owners who have a key."""
        return set(await self._keys.held(owners))

    async def key_anew(self, watchlist_id: str, person_id: str) -> None:
        """Destroys the key that came behind a person's deletion, with what was written for them."""
        # Who came back meanwhile, through another replica perhaps, has records under that key.
        last = await self._ledger.last(subject_of(watchlist_id, GalleryKind.PERSON, person_id))
        if last is not None and last.record is None:
            await self._keys.destroy(person_id)

    async def without_person(self, watchlist_id: str, subjects: Sequence[str], faces: Sequence[KeptFace]) -> None:
        """Takes faces out of these chunks, and deletes them, which were imported for somebody who had been deleted."""
        ids = {each.face.id for each in faces}
        for subject in subjects:
            await self._ledger.withdraw(watchlist_id, subject.rpartition(".")[2], ids)
        await self.ownerless(faces)

    async def withdraw(self, watchlist_id: str, face_ids: Collection[str]) -> None:
        """Takes those of the faces that were imported out of their chunks."""
        faces: dict[str, set[str]] = {}
        for face_id, chunks in self._projection.chunks(face_ids).items():
            for chunk in chunks:
                faces.setdefault(chunk, set()).add(face_id)
        for chunk, ids in faces.items():
            await self._ledger.withdraw(watchlist_id, chunk, ids)

    async def left_of_watchlist(self, watchlist_id: str, owners: Collection[str], face_ids: Collection[str]) -> None:
        """Erases what the ledger has of a watchlist behind its end: records, references, and the keys of both.

        Args:
            watchlist_id: of one that is deleted.
            owners: whose keys sealed the records.
            face_ids: of whom there may be references.
        """
        for face_id in face_ids:
            await self._references.delete(face_id)
        vault = vault_of(watchlist_id)
        await self._keys.destroy_all(owners, within=vault)
        await self._keys.destroy(vault)
        await self._ledger.forget(watchlist_id)

    async def _face(self, kept: KeptFace) -> int:
        face = kept.face
        if face.has_reference:
            await self._references.delete(face.id)
        for template in self._projection.templates_of(face.id):
            await self._templates.bury(face.watchlist_id, template)
        if kept.enrolment_key:
            await self._ledger.bury(subject_of(face.watchlist_id, GalleryKind.KEY, kept.enrolment_key))
        return await self._ledger.bury(subject_of(face.watchlist_id, GalleryKind.FACE, face.id))

    async def _withdraw_moved(self, person: pb.Person, face_ids: Collection[str]) -> None:
        """What chunks still have of faces that came to this person by a move which was interrupted.

        It is sealed under the key of who had them before, which stays; that of an import for this person goes with
        their own key.
        """
        moved = set(face_ids) - self._projection.counted_in_chunks(face_ids)
        await self.withdraw(person.watchlist_id, moved)

    async def _end_person(self, erased: Erased, count: int) -> int:
        await self._keys.destroy(erased.person_id)
        # The tombstone goes last: until it is there the expiry repeats what was interrupted.
        await self._say_erased(erased, count)
        return await self._ledger.bury(subject_of(erased.watchlist_id, GalleryKind.PERSON, erased.person_id))

    async def _begin(self, erased: Erased, record: Record) -> None:
        await self._receipts.add(erased, Step.REQUESTED, "somebody asked for it, or its time had come")
        await self._mark(record)
        await self._receipts.add(erased, Step.NOT_SEARCHABLE, "no search, list or camera finds them any more")

    async def _say_erased(self, erased: Erased, count: int) -> None:
        await self._receipts.add(erased, Step.RECORDS_DELETED, "faces, with their templates and references", count)
        await self._receipts.add(erased, Step.KEY_DESTROYED, KEY_DESTROYED)

    async def _mark(self, known: Record) -> None:
        now = int(self._projection.now())

        def expired(record: Record | None) -> Record | None:
            if record is None or (record.HasField("expire_time") and record.expire_time.ToSeconds() <= now):
                return None
            record.expire_time.FromSeconds(now)
            return record

        await self._gallery.applied(await self._records.change(known, expired))

    @contextmanager
    def _busy_with(self, record_id: str) -> Iterator[None]:
        self._at.add(record_id)
        try:
            yield
        finally:
            self._at.discard(record_id)


def erased_person(person: pb.Person) -> Erased:
    """Who goes; enrolled again later, they are another occasion."""
    return Erased(person.watchlist_id, person.id, str(person.create_time.ToNanoseconds()))


def erased_watchlist(watchlist: pb.Watchlist) -> Erased:
    """A watchlist with everybody in it."""
    return Erased(watchlist.id, "", str(watchlist.create_time.ToNanoseconds()))
