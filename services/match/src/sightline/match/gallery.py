"""Follows the ledger: every entry goes, in order, into the index and then into the projection."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Unavailable
from sightline.chassis.follower import Follower
from sightline.chassis.topology import GalleryKind
from sightline.match.face_rows import FaceRow
from sightline.match.index import IndexedFace
from sightline.match.vectors import SetHash, checked, vector_hash

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.match.index import FaceSink
    from sightline.match.ledger import Entry, Ledger
    from sightline.match.projection import GalleryProjection
    from sightline.v1 import records_pb2

log = structlog.get_logger()


class Gallery:
    """One applier, one order: a writer appends to the ledger and then waits until its entry has been applied here."""

    def __init__(
        self, ledger: Ledger, index: FaceSink, projection: GalleryProjection, embedder_id: str, dimension: int
    ) -> None:
        self._ledger = ledger
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
        if entry.kind is GalleryKind.CHUNK:
            await self._put_chunk(entry)
        elif entry.record is None:
            await self._drop(entry)
        elif entry.kind is GalleryKind.FACE:
            await self._put_face(entry, entry.record.face)
        else:
            self._put(entry, entry.record)

    def _put(self, entry: Entry, record: records_pb2.LedgerRecord) -> None:
        with self._projection.applying(entry.sequence):
            if entry.kind is GalleryKind.WATCHLIST:
                self._projection.put_watchlist(record.watchlist)
            elif entry.kind is GalleryKind.PERSON:
                self._projection.put_person(record.person)

    async def _put_face(self, entry: Entry, record: records_pb2.FaceRecord) -> None:
        face = record.face
        known = self._projection.kept_watchlist(entry.watchlist_id) is not None
        # A watchlist that has been deleted, or that another embedder made, is not searched here.
        if known and face.embedder_id == self._embedder_id:
            vector = checked(record.vector, self._dimension)
            await self._index.put([IndexedFace(face.id, face.watchlist_id, face.person_id, vector)])
            element = SetHash.element(face.id, vector_hash(vector))
            with self._projection.applying(entry.sequence):
                self._projection.put_face(face, element, record.enrolment_key)
            return
        with self._projection.applying(entry.sequence):
            log.warning("face_not_indexed", face=face.id, known_watchlist=known, embedder=face.embedder_id)

    async def _put_chunk(self, entry: Entry) -> None:
        records = [each.record for each in entry.contents if each.record is not None]
        persons = [record.person for record in records if record.HasField("person")]
        faces = [record.face for record in records if record.HasField("face")]
        kept = self._projection.kept_watchlist(entry.watchlist_id) is not None
        there = self._projection.known_faces([record.face.id for record in faces])
        # The last of those with one id counts, as it would if they came one by one.
        fresh = {
            record.face.id: record
            for record in faces
            if kept and record.face.embedder_id == self._embedder_id and record.face.id not in there
        }
        rows = []
        for record in fresh.values():
            vector = checked(record.vector, self._dimension)
            face = IndexedFace(record.face.id, record.face.watchlist_id, record.face.person_id, vector)
            element = SetHash.element(face.face_id, vector_hash(vector))
            rows.append((face, FaceRow(record.face, element, record.enrolment_key)))
        if rows:
            await self._index.put([face for face, _ in rows])
        with self._projection.applying(entry.sequence):
            for person in persons if kept else ():
                self._projection.put_person(person)
            if rows:
                self._projection.put_faces(entry.watchlist_id, entry.id, [row for _, row in rows])

    async def _drop(self, entry: Entry) -> None:
        if entry.kind is GalleryKind.FACE:
            await self._index.remove([entry.id])
        elif entry.kind is GalleryKind.WATCHLIST and (faces := self._projection.enrolment_keys(entry.id)):
            await self._index.remove(list(faces))
        with self._projection.applying(entry.sequence):
            if entry.kind is GalleryKind.FACE:
                self._projection.drop_face(entry.id)
            elif entry.kind is GalleryKind.PERSON:
                self._projection.drop_person(entry.id)
            elif entry.kind is GalleryKind.WATCHLIST:
                self._projection.drop_watchlist(entry.id)
            if entry.kind in {GalleryKind.KEY, GalleryKind.PERSON}:
                self._projection.put_deletion(entry.watchlist_id, entry.id, entry.sequence)
