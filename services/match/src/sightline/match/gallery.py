"""Follows the ledger: every entry goes, in order, into the index and then into the projection."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Unavailable
from sightline.chassis.follower import Follower
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.approval_rows import Standing
from sightline.match.approved_faces import ApprovedFaces
from sightline.match.face_rows import FaceRow
from sightline.match.index import IndexedFace
from sightline.match.ledger import subject_of
from sightline.match.templates import Templates, template_id
from sightline.match.vectors import SetHash, checked, vector_hash
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.match.index import FaceSink
    from sightline.match.ledger import Entry, Ledger
    from sightline.match.projection import GalleryProjection
    from sightline.match.vectors import Vector
    from sightline.v1 import records_pb2

log = structlog.get_logger()

REMOVED_AT_ONCE = 1000
OF_A_WATCHLIST = frozenset(GalleryKind) - {GalleryKind.WATCHLIST, GalleryKind.NAME, GalleryKind.MIGRATION}


class Gallery:
    """One applier, one order: a writer appends to the ledger and then waits until its entry has been applied here.

    It is the gallery of one embedder. A face that another embedder read is there, too, but is found only once there is
    a template of this one: a record of its own, which may come before the face or after it.
    """

    def __init__(
        self, ledger: Ledger, index: FaceSink, projection: GalleryProjection, embedder_id: str, dimension: int
    ) -> None:
        self._ledger = ledger
        self._templates = Templates(ledger)
        self._approved = ApprovedFaces(ledger, projection)
        self._index = index
        self._projection = projection
        self._embedder_id = embedder_id
        self._dimension = dimension
        self._target = 0
        self._follower = Follower("GALLERY", ledger.entries, self._apply, lambda: projection.sequence)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Applies entries while the block runs; a copy that cannot be of this ledger is thrown away first."""
        self._target = await self._ledger.last_sequence()
        ahead = self._projection.sequence > self._target
        lost = self._projection.size() > 0 and await self._index.size() == 0
        if ahead or lost:
            log.warning("gallery_rebuilt", applied=self._projection.sequence, ledger=self._target, index_lost=lost)
            await self._start_over()
        async with self._follower.running():
            yield

    async def applied(self, sequence: int) -> None:
        """Returns once that entry, or a later one, has been applied. Raises Unavailable GALLERY_BEHIND."""
        await self._follower.reached(sequence)

    async def caught_up(self) -> None:
        """Returns once everything has been applied that the ledger had when this was called.

        Raises:
            Unavailable: GALLERY_LOADING, GALLERY_STUCK or GALLERY_BEHIND.
        """
        await self.check()
        await self.applied(await self._ledger.last_sequence())

    async def check(self) -> None:
        """Raises Unavailable while an entry cannot be applied or one from before the start is not; for health."""
        await self._follower.check()
        if self._projection.sequence < self._target:
            raise Unavailable("GALLERY_LOADING", "The index is being rebuilt from the ledger.")

    async def _start_over(self) -> None:
        await self._index.clear()
        self._projection.clear()

    async def _apply(self, entry: Entry) -> None:
        """Index first: the projection's sequence then says that both have the entry. Both steps can be repeated."""
        if entry.record is None and not entry.contents:
            await (self._drop_chunk(entry) if entry.kind is GalleryKind.CHUNK else self._drop(entry))
        elif entry.kind in OF_A_WATCHLIST and not await self._has_watchlist(entry.watchlist_id):
            self._note_late(entry)
        elif entry.record is None:
            await self._put_chunk(entry)
        elif entry.kind is GalleryKind.FACE:
            await self._put_face(entry, entry.record.face)
        elif entry.kind is GalleryKind.TEMPLATE:
            await self._put_template(entry, entry.record.template)
        elif entry.kind is GalleryKind.ENROLMENT:
            await self._put_enrolment(entry, entry.record.enrolment)
        else:
            self._put(entry, entry.record)

    def _put(self, entry: Entry, record: records_pb2.LedgerRecord) -> None:
        with self._projection.applying(entry.sequence):
            if entry.kind is GalleryKind.WATCHLIST:
                self._projection.put_watchlist(record.watchlist)
            elif entry.kind is GalleryKind.PERSON:
                self._projection.put_person(record.person)
            elif entry.kind is GalleryKind.MIGRATION:
                self._projection.put_migration(record.migration)

    def _note_late(self, entry: Entry) -> None:
        """It came behind the end of its watchlist, and whoever wrote it takes it back, if they can."""
        log.warning("record_of_no_watchlist", watchlist=entry.watchlist_id, kind=entry.kind)
        with self._projection.applying(entry.sequence):
            self._projection.note_ended(entry.watchlist_id)

    async def _put_face(self, entry: Entry, record: records_pb2.FaceRecord) -> None:
        row, indexed = await self._read(record)
        if indexed is not None:
            await self._index.put([indexed])
        elif self._projection.is_found(row.face.id):
            await self._index.remove([row.face.id])
        with self._projection.applying(entry.sequence):
            self._projection.put_face(row)

    async def _put_template(self, entry: Entry, template: records_pb2.FaceTemplate) -> None:
        face, ours = self._projection.kept_face(template.face_id), template.embedder_id == self._embedder_id
        wanted = face is not None and ours and not self._projection.has_template(template.face_id)
        vector = checked(template.vector, self._dimension) if wanted and not template.problem else None
        if face is not None and vector is not None and not self._projection.standing(face.face):
            await self._index.put([_indexed(face.face, vector)])
        with self._projection.applying(entry.sequence):
            self._projection.note_template(entry.id, entry.watchlist_id, template)
            if face is not None and vector is not None:
                read = _read_by(face.face, self._embedder_id)
                self._projection.put_element(read, _element(_indexed(read, vector)))
            elif wanted:
                self._projection.put_problem(template.face_id, template.problem)

    async def _put_enrolment(self, entry: Entry, record: records_pb2.EnrolmentRecord) -> None:
        """Faces that somebody approved can be found from here on."""
        rows = []
        if record.enrolment.approval == pb.APPROVAL_APPROVED:
            read = [await self._read(each, approved=True) async for each in self._approved.records(record)]
            rows = [row for row, _ in read]
            if indexed := [face for _, face in read if face is not None]:
                await self._index.put(indexed)
        with self._projection.applying(entry.sequence):
            self._projection.put_enrolment(record)
            self._projection.release(entry.watchlist_id, rows)

    async def _put_chunk(self, entry: Entry) -> None:
        records = [(each.record, each) for each in entry.contents if each.record is not None]
        persons = [record.person for record, each in records if each.kind is GalleryKind.PERSON]
        # The last of those with one id counts, as it would if they came one by one.
        faces = {each.id: (record.face, each.vector) for record, each in records if each.kind is GalleryKind.FACE}
        found = self._projection.known_faces(faces)
        # Of several records of a face one of this embedder counts most, whichever came first.
        fresh = [
            (record, vector)
            for face_id, (record, vector) in faces.items()
            if face_id not in found or (record.face.embedder_id == self._embedder_id and not found[face_id])
        ]
        read = [await self._read(*each) for each in fresh]
        if indexed := [face for _, face in read if face is not None]:
            await self._index.put(indexed)
        with self._projection.applying(entry.sequence):
            for person in persons:
                self._projection.put_person(person)
            self._projection.put_faces(entry.watchlist_id, entry.id, [row for row, _ in read])
            self._projection.note_chunked(entry.id, found)

    async def _has_watchlist(self, watchlist_id: str) -> bool:
        """Whether there is such a watchlist: what is in a deleted one is not searched.

        Whenever it is changed, its record gets a place in the ledger behind the faces that were there before.
        """
        if self._projection.kept_watchlist(watchlist_id) is None:
            entry = await self._ledger.last(subject_of(watchlist_id, GalleryKind.WATCHLIST, watchlist_id))
            if entry is None or entry.record is None:
                return False
            self._projection.put_watchlist(entry.record.watchlist)
        return True

    async def _read(
        self, record: records_pb2.FaceRecord, vector: Vector | None = None, *, approved: bool = False
    ) -> tuple[FaceRow, IndexedFace | None]:
        """The face as it is here, and as it is found, where it may be; `vector` as in Entry."""
        standing = Standing.COUNTS if approved else self._projection.standing(record.face)
        row, indexed = await self._with_template(record, vector)
        if standing:
            return row._replace(standing=standing), None
        return (row._replace(face=_approved(row.face)) if row.face.approval else row), indexed

    async def _with_template(
        self, record: records_pb2.FaceRecord, vector: Vector | None
    ) -> tuple[FaceRow, IndexedFace | None]:
        """The face, and its template of this embedder, where there is one."""
        face, key = record.face, record.enrolment_key
        if face.embedder_id == self._embedder_id:
            indexed = _indexed(face, checked(record.vector, self._dimension) if vector is None else vector)
            return FaceRow(face, _element(indexed), key), indexed
        noted = self._projection.has_noted(template_id(face.id, self._embedder_id))
        template = await self._templates.get(face, self._embedder_id) if noted else None
        if template is None or template.problem:
            return FaceRow(face, None, key, template.problem if template else ""), None
        indexed = _indexed(face, checked(template.vector, self._dimension))
        return FaceRow(_read_by(face, self._embedder_id), _element(indexed), key), indexed

    async def _drop_chunk(self, entry: Entry) -> None:
        """A chunk that is deleted, or in which nothing can be read any more, takes its faces with it."""
        faces = [face.id for face in self._projection.counted_in(entry.id)]
        await self._index.remove(faces)
        with self._projection.applying(entry.sequence):
            self._projection.drop_faces(entry.watchlist_id, faces)

    async def _drop(self, entry: Entry) -> None:
        if entry.kind is GalleryKind.FACE:
            await self._index.remove([entry.id])
        elif entry.kind is GalleryKind.WATCHLIST:
            await self._remove_all(entry.id)
        with self._projection.applying(entry.sequence):
            if entry.kind is GalleryKind.FACE:
                self._projection.drop_face(entry.id)
            elif entry.kind is GalleryKind.PERSON:
                self._projection.drop_person(entry.id)
            elif entry.kind is GalleryKind.WATCHLIST:
                self._projection.drop_watchlist(entry.id)
                # What others wrote while it was deleted stands before its end.
                self._projection.note_ended(entry.id)
            elif entry.kind is GalleryKind.TEMPLATE:
                self._projection.drop_template(entry.id)
            elif entry.kind is GalleryKind.MIGRATION:
                self._projection.put_migration(None)
            if entry.kind in {GalleryKind.KEY, GalleryKind.PERSON}:
                self._projection.put_deletion(entry.watchlist_id, entry.id, entry.sequence)

    async def _remove_all(self, watchlist_id: str) -> None:
        after = ""
        while faces := self._projection.ids_in(watchlist_id, after, REMOVED_AT_ONCE):
            await self._index.remove(faces)
            after = faces[-1]


def _indexed(face: pb.EnrolledFace, vector: Vector) -> IndexedFace:
    return IndexedFace(face.id, face.watchlist_id, face.person_id, vector, vector_hash(vector))


def _element(face: IndexedFace) -> int:
    return SetHash.element(face.face_id, face.digest)


def _approved(face: pb.EnrolledFace) -> pb.EnrolledFace:
    approved = pb.EnrolledFace()
    approved.CopyFrom(face)
    approved.approval = pb.APPROVAL_APPROVED
    return approved


def _read_by(face: pb.EnrolledFace, embedder_id: str) -> pb.EnrolledFace:
    """The face, with a template of that embedder."""
    read = pb.EnrolledFace()
    read.CopyFrom(face)
    read.embedder_id = embedder_id
    return read
