"""Search (1:N) and comparison (1:1) of pictures that somebody hands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.match.inference import require_embedder
from sightline.v1 import search_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.pack import Pack
    from sightline.match.index import FaceIndex, Hit
    from sightline.match.inference import FaceReader
    from sightline.match.projection import GalleryProjection
    from sightline.match.vectors import Vector
    from sightline.v1 import face_pb2, gallery_service_pb2

DEFAULT_COMPARE_SIMILARITY = 80.0


class Search:
    """The use cases of search."""

    def __init__(self, reader: FaceReader, index: FaceIndex, projection: GalleryProjection, pack: Pack) -> None:
        self._reader = reader
        self._index = index
        self._projection = projection
        self._pack = pack

    async def faces(
        self,
        image: face_pb2.Image,
        watchlists: Sequence[gallery_service_pb2.Watchlist],
        limit: int,
        min_similarity: float | None,
    ) -> tuple[face_pb2.Face, list[pb.FaceMatch]]:
        """The picture's largest face, and the enrolled faces that resemble it, the most similar first.

        Raises:
            InvalidInput: NO_FACE, or what detect says of an unreadable picture.
            FailedPrecondition: EMBEDDER_DIFFERS.
        """
        for watchlist in watchlists:
            require_embedder(self._pack.embedder_id, watchlist.embedder_id)
        probe = (await self._found(image, "picture"))[0]
        [vector] = await self._reader.templates(image, [probe])
        matches: list[pb.FaceMatch] = []
        for watchlist in watchlists:
            matches += await self._matches(vector, watchlist, limit, min_similarity)
        matches.sort(key=lambda match: -match.cosine)
        return probe, matches[:limit]

    async def compare(
        self, source: face_pb2.Image, target: face_pb2.Image
    ) -> tuple[face_pb2.Face, list[pb.ComparedFace]]:
        """The source's largest face, and every face of the target with its similarity, the most similar first."""
        reference = (await self._found(source, "source picture"))[0]
        others = await self._found(target, "target picture")
        [vector] = await self._reader.templates(source, [reference])
        vectors = await self._reader.templates(target, others)
        compared = [self._compared(face, vector, other) for face, other in zip(others, vectors, strict=True)]
        return reference, sorted(compared, key=lambda face: -face.cosine)

    async def _found(self, image: face_pb2.Image, what: str) -> list[face_pb2.Face]:
        if faces := await self._reader.faces(image):
            return faces
        raise InvalidInput("NO_FACE", f"There is no face in the {what}: use one that shows a face from the front.")

    async def _matches(
        self,
        vector: Vector,
        watchlist: gallery_service_pb2.Watchlist,
        limit: int,
        min_similarity: float | None,
    ) -> list[pb.FaceMatch]:
        threshold = threshold_in_force(watchlist, self._pack)
        hits = await self._index.nearest(vector, watchlist.id, limit)
        matches = [match for hit in hits if (match := self._match(hit)) is not None]
        if min_similarity is None:
            return [match for match in matches if match.cosine >= threshold]
        return [match for match in matches if match.similarity >= min_similarity]

    def _match(self, hit: Hit) -> pb.FaceMatch | None:
        face, person = self._projection.face(hit.face_id), self._projection.person(hit.person_id)
        if face is None or person is None:
            # It is being enrolled, and nobody has been told so yet.
            return None
        return pb.FaceMatch(
            face=face,
            person=person,
            similarity=self._pack.embedder.to_similarity(hit.cosine),
            cosine=hit.cosine,
        )

    def _compared(self, face: face_pb2.Face, one: Vector, other: Vector) -> pb.ComparedFace:
        cosine = float(np.dot(one, other))
        return pb.ComparedFace(face=face, cosine=cosine, similarity=self._pack.embedder.to_similarity(cosine))


def threshold_in_force(watchlist: gallery_service_pb2.Watchlist, pack: Pack) -> float:
    """The cosine above which a face is a candidate: the watchlist's own, else the pack's published one."""
    return watchlist.threshold if watchlist.HasField("threshold") else pack.embedder.threshold
