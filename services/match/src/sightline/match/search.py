"""Search (1:N) for templates in watchlists, and comparison (1:1) of pictures that somebody hands in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.match.index import Probe
from sightline.match.inference import require_embedder
from sightline.v1 import search_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sightline.chassis.pack import Pack
    from sightline.match.index import FaceIndex, Hit
    from sightline.match.inference import FaceReader
    from sightline.match.probes import Sought
    from sightline.match.projection import GalleryProjection
    from sightline.match.thresholds import Thresholds
    from sightline.match.vectors import Vector
    from sightline.v1 import face_pb2, gallery_service_pb2

    Bar: TypeAlias = Callable[[float], bool]

DEFAULT_COMPARE_SIMILARITY = 80.0
# The index brings so many faces for one call, at most: they are held in memory, and others wait meanwhile.
MOST_ANSWERS = 1 << 17


@dataclass(frozen=True)
class Terms:
    """Where somebody searches, for how many at most, and from which similarity on.

    Attributes:
        watchlists: each is searched by itself.
        limit: of faces, or of persons, for each probe.
        min_similarity: 0 to 100; None: each watchlist's threshold in force.
        exact: whether the index compares with every face.
        named_only: of persons: without those who stand for one face of nobody who is known.
    """

    watchlists: Sequence[gallery_service_pb2.Watchlist]
    limit: int = 10
    min_similarity: float | None = None
    exact: bool = False
    named_only: bool = False


class Search:
    """The use cases of search for faces; for persons see `sightline.match.person_scores`."""

    def __init__(
        self, reader: FaceReader, index: FaceIndex, projection: GalleryProjection, pack: Pack, thresholds: Thresholds
    ) -> None:
        self._reader = reader
        self._index = index
        self._projection = projection
        self._pack = pack
        self._thresholds = thresholds

    async def faces(self, sought: Sequence[Sought], terms: Terms) -> list[list[pb.FaceMatch]]:
        """For each probe the enrolled faces that resemble it, the most similar first.

        Raises:
            InvalidInput: SEARCH_TOO_LARGE.
            FailedPrecondition: EMBEDDER_DIFFERS, or CALIBRATION_MISSING or CALIBRATION_MISMATCH where the similarity is
                left to a watchlist whose target nothing measured can keep.
        """
        check_size(len(sought), terms)
        bars = [bar_of(watchlist, terms, self._pack, self._thresholds) for watchlist in terms.watchlists]
        # Beside those that are no answer.
        expired, now = self._projection.expired_faces, self._projection.now()
        limits = [(each.id, terms.limit + expired(each.id, now)) for each in terms.watchlists]
        probes = [
            Probe(one.vector, watchlist_id, limit + len(one.own_faces), terms.exact)
            for one in sought
            for watchlist_id, limit in limits
        ]
        answers = iter(await self._index.nearest_many(probes))
        return [self._best(one, [(bar, next(answers)) for bar in bars], terms.limit) for one in sought]

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

    def _best(self, sought: Sought, answers: Sequence[tuple[Bar, list[Hit]]], limit: int) -> list[pb.FaceMatch]:
        hits = [
            hit
            for passes, found in answers
            for hit in found
            if passes(hit.cosine) and hit.face_id not in sought.own_faces
        ]
        hits.sort(key=lambda hit: -hit.cosine)
        matches = (match for hit in hits if (match := self._match(hit)) is not None)
        return list(islice(matches, limit))

    def _match(self, hit: Hit) -> pb.FaceMatch | None:
        face, person = self._projection.face(hit.face_id), self._projection.person(hit.person_id)
        if face is None or person is None or face.person_id != person.id:
            # It is being enrolled, deleted, or given to somebody else.
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


def check_size(probes: int, terms: Terms) -> None:
    """Raises InvalidInput SEARCH_TOO_LARGE, where a call asks for more than is good for those who wait behind it."""
    asked = probes * len(terms.watchlists) * terms.limit
    if asked > MOST_ANSWERS:
        raise InvalidInput(
            "SEARCH_TOO_LARGE",
            f"{probes} faces in {len(terms.watchlists)} watchlists with {terms.limit} answers each are {asked:,} "
            f"answers; ask for at most {MOST_ANSWERS:,} in one call.",
        )


def bar_of(watchlist: gallery_service_pb2.Watchlist, terms: Terms, pack: Pack, thresholds: Thresholds) -> Bar:
    """Which cosines to a template of the watchlist make an answer.

    Raises:
        FailedPrecondition: EMBEDDER_DIFFERS, CALIBRATION_MISSING or CALIBRATION_MISMATCH.
    """
    require_embedder(pack.embedder_id, watchlist.embedder_id)
    least = terms.min_similarity
    if least is not None:
        return lambda cosine: pack.embedder.to_similarity(cosine) >= least
    threshold = thresholds.of(watchlist).cosine
    return lambda cosine: cosine >= threshold
