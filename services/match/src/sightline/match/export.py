"""Export: everybody in a watchlist, with or without the templates of their faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.ledger import subject_of
from sightline.match.templates import Templates
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection
    from sightline.v1 import gallery_service_pb2 as pb

PAGE = 256


class Export:
    """The use cases of export. What changes while it runs may be missing or doubled.

    Faces that wait for approval are shown, and their templates are not.
    """

    def __init__(self, ledger: Ledger, projection: GalleryProjection, embedder_id: str) -> None:
        self._ledger = ledger
        self._templates = Templates(ledger)
        self._projection = projection
        self._embedder_id = embedder_id

    def faces(self, watchlist_id: str) -> Iterator[list[pb.EnrolledFace]]:
        """All faces of the watchlist, page by page, by id."""
        after = ""
        while page := self._projection.faces(watchlist_id, "", after, PAGE):
            yield page
            after = page[-1].id

    async def templates(self, watchlist_id: str) -> AsyncGenerator[list[records_pb2.FaceRecord], None]:
        """All faces that have a template of this embedder, with it, as the ledger has them: those in chunks first."""
        for chunk in self._projection.chunks_of(watchlist_id):
            entry = await self._ledger.last(subject_of(watchlist_id, GalleryKind.CHUNK, chunk))
            records = [each.record for each in entry.contents if each.record is not None] if entry else []
            yield self._shown(record.face for record in records if record.HasField("face"))
        for page in self.faces(watchlist_id):
            in_chunks = self._projection.counted_in_chunks([face.id for face in page])
            yield [
                record
                for face in page
                if (record := await self._record(face, in_chunk=face.id in in_chunks)) is not None
            ]

    def persons(self, faces: Iterable[pb.EnrolledFace], seen: set[str]) -> list[pb.Person]:
        """Whose they are, without those who were seen; they count as seen then."""
        new = {face.person_id for face in faces} - seen
        seen |= new
        return [person for person_id in sorted(new) if (person := self._projection.person(person_id))]

    async def _record(self, face: pb.EnrolledFace, *, in_chunk: bool) -> records_pb2.FaceRecord | None:
        """Its own record, or what another one says of it; None where its chunk has shown it."""
        if not self._projection.is_found(face.id):
            return None
        if not in_chunk:
            entry = await self._ledger.last(subject_of(face.watchlist_id, GalleryKind.FACE, face.id))
            if entry is not None and entry.record is not None and self._is_ours(entry.record.face):
                return entry.record.face
        template = await self._templates.get(face, self._embedder_id)
        kept = self._projection.kept_face(face.id)
        if template is None or template.problem or kept is None:
            return None
        return records_pb2.FaceRecord(face=face, vector=template.vector, enrolment_key=kept.enrolment_key)

    def _is_ours(self, record: records_pb2.FaceRecord) -> bool:
        return record.face.embedder_id == self._embedder_id

    def _shown(self, records: Iterable[records_pb2.FaceRecord]) -> list[records_pb2.FaceRecord]:
        """Those of this embedder that are there and whose persons have not expired."""
        return [
            record
            for record in records
            if self._is_ours(record)
            and self._projection.is_found(record.face.id)
            and self._projection.person(record.face.person_id)
        ]
