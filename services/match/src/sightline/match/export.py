"""Export: everybody in a watchlist, with or without the templates of their faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.topology import GalleryKind
from sightline.match.ledger import subject_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection
    from sightline.v1 import gallery_service_pb2 as pb
    from sightline.v1 import records_pb2

PAGE = 256


class Export:
    """The use cases of export. What changes while it runs may be missing or doubled."""

    def __init__(self, ledger: Ledger, projection: GalleryProjection) -> None:
        self._ledger = ledger
        self._projection = projection

    def faces(self, watchlist_id: str) -> Iterator[list[pb.EnrolledFace]]:
        """All faces of the watchlist, page by page, by id."""
        after = ""
        while page := self._projection.faces(watchlist_id, "", after, PAGE):
            yield page
            after = page[-1].id

    async def templates(self, watchlist_id: str) -> AsyncGenerator[list[records_pb2.FaceRecord], None]:
        """All faces with their templates, as the ledger has them: those in chunks first."""
        for chunk in self._projection.chunks_of(watchlist_id):
            entry = await self._ledger.last(subject_of(watchlist_id, GalleryKind.CHUNK, chunk))
            records = [each.record for each in entry.contents if each.record is not None] if entry else []
            yield self._shown(record.face for record in records if record.HasField("face"))
        for page in self.faces(watchlist_id):
            in_chunks = self._projection.chunks([face.id for face in page])
            yield [record for face in page if face.id not in in_chunks and (record := await self._record(face))]

    def persons(self, faces: Iterable[pb.EnrolledFace], seen: set[str]) -> list[pb.Person]:
        """Whose they are, without those who were seen; they count as seen then."""
        new = {face.person_id for face in faces} - seen
        seen |= new
        return [person for person_id in sorted(new) if (person := self._projection.person(person_id))]

    async def _record(self, face: pb.EnrolledFace) -> records_pb2.FaceRecord | None:
        entry = await self._ledger.last(subject_of(face.watchlist_id, GalleryKind.FACE, face.id))
        return entry.record.face if entry and entry.record else None

    def _shown(self, records: Iterable[records_pb2.FaceRecord]) -> list[records_pb2.FaceRecord]:
        """Those that are there and whose persons have not expired."""
        return [
            record
            for record in records
            if self._projection.face(record.face.id) and self._projection.person(record.face.person_id)
        ]
