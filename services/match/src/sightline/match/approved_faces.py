"""Faces that somebody approved, as the ledger has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.ledger import subject_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection
    from sightline.v1 import records_pb2


class ApprovedFaces:
    """Reads the records of faces again whose templates nobody needed while they were waiting."""

    def __init__(self, ledger: Ledger, projection: GalleryProjection) -> None:
        self._ledger = ledger
        self._projection = projection

    async def records(self, enrolment: records_pb2.EnrolmentRecord) -> AsyncIterator[records_pb2.FaceRecord]:
        """Of those faces of the enrolment that wait; who is deleted by now is not among them."""
        waiting = self._projection.waiting_faces(enrolment.face_ids)
        watchlist_id, in_chunks = enrolment.enrolment.watchlist_id, self._projection.counted_in_chunks(waiting)
        async for record in self._of_chunks(watchlist_id, in_chunks):
            yield record
        for face_id in waiting:
            if face_id not in in_chunks:
                entry = await self._ledger.last(subject_of(watchlist_id, GalleryKind.FACE, face_id))
                if entry is not None and entry.record is not None:
                    yield entry.record.face

    async def _of_chunks(self, watchlist_id: str, face_ids: set[str]) -> AsyncIterator[records_pb2.FaceRecord]:
        left = set(face_ids)
        for chunk in sorted({chunk for each in self._projection.chunks(face_ids).values() for chunk in each}):
            entry = await self._ledger.last(subject_of(watchlist_id, GalleryKind.CHUNK, chunk))
            for each in entry.contents if entry else ():
                if each.id in left and each.record is not None and each.record.HasField("face"):
                    left.discard(each.id)
                    yield each.record.face
