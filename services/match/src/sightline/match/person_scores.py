"""Search for persons: all faces of a person are taken together, by their best one and by the mean of their templates.

The mean (fused template) is made of the index's own vectors when somebody asks, and kept nowhere: a few hundred
vectors are read and added in about a millisecond, while a stored one would be one more thing in the ledger to seal, to
change with each face, and to erase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.chassis.fusion import fused
from sightline.match.lone_faces import is_lone
from sightline.match.search import bar_of
from sightline.v1 import search_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.pack import Pack
    from sightline.match.index import FaceIndex, Hit
    from sightline.match.probes import Sought
    from sightline.match.projection import GalleryProjection
    from sightline.match.search import Terms
    from sightline.match.thresholds import Thresholds
    from sightline.match.vectors import Vector
    from sightline.v1 import gallery_service_pb2

# So many faces are asked for, for each person that is wanted; four times as many where they were of too few persons.
FACES_A_PERSON = 4
MOST_FACES = 16_384
# A mean does not change any more.
MOST_FUSED = 100


class PersonScores:
    """The use case of search for persons."""

    def __init__(self, index: FaceIndex, projection: GalleryProjection, pack: Pack, thresholds: Thresholds) -> None:
        self._index = index
        self._projection = projection
        self._pack = pack
        self._thresholds = thresholds

    async def persons(self, sought: Sought, terms: Terms) -> list[pb.PersonMatch]:
        """The persons who resemble the probe, the most similar first; never the one whom the probe is of.

        A person's score is the greater one of two cosines: of their most similar face, and of their fused template.

        Raises:
            FailedPrecondition: as `sightline.match.search.Search.faces`.
        """
        own = self._own_persons(sought)
        matches: list[pb.PersonMatch] = []
        for watchlist in terms.watchlists:
            passes = bar_of(watchlist, terms, self._pack, self._thresholds)
            hits = await self._best_faces(sought, watchlist, terms, own)
            fused_cosines = await self._fused_cosines(sought.vector, hits)
            scored = (self._match(hit, fused_cosines.get(hit.person_id, hit.cosine)) for hit in hits)
            matches += [match for match in scored if match is not None and passes(match.cosine)]
        matches.sort(key=lambda match: -match.cosine)
        return matches[: terms.limit]

    def _own_persons(self, sought: Sought) -> set[str]:
        faces = map(self._projection.face, sought.own_faces)
        return {face.person_id for face in faces if face is not None}

    async def _best_faces(
        self, sought: Sought, watchlist: gallery_service_pb2.Watchlist, terms: Terms, own: set[str]
    ) -> list[Hit]:
        """The best face of each person, for at least as many persons as are wanted, where there are so many."""
        limit = FACES_A_PERSON * (terms.limit + len(sought.own_faces))
        while True:
            limit = min(limit, MOST_FACES)
            hits = await self._index.nearest(sought.vector, watchlist.id, limit, exact=terms.exact)
            best: dict[str, Hit] = {}
            for hit in hits:
                if hit.person_id not in own and hit.person_id not in best and self._is_wanted(hit.person_id, terms):
                    best[hit.person_id] = hit
            if len(best) >= terms.limit or len(hits) < limit or limit == MOST_FACES:
                return list(best.values())
            limit *= FACES_A_PERSON

    def _is_wanted(self, person_id: str, terms: Terms) -> bool:
        person = self._projection.person(person_id)
        return person is not None and not (terms.named_only and is_lone(person))

    async def _fused_cosines(self, vector: Vector, hits: Sequence[Hit]) -> dict[str, float]:
        """Of the persons with several faces, by person."""
        faces = {hit.person_id: self._projection.face_ids(hit.person_id)[:MOST_FUSED] for hit in hits}
        several = {person: ids for person, ids in faces.items() if len(ids) > 1}
        vectors = await self._index.vectors([face_id for ids in several.values() for face_id in ids])
        found = {person: [vectors[each] for each in ids if each in vectors] for person, ids in several.items()}
        return {
            person: float(np.dot(vector, fused((1.0, each) for each in theirs)))
            for person, theirs in found.items()
            if theirs
        }

    def _match(self, hit: Hit, fused_cosine: float) -> pb.PersonMatch | None:
        face, person = self._projection.face(hit.face_id), self._projection.person(hit.person_id)
        if face is None or person is None or face.person_id != person.id:
            return None
        by_face = hit.cosine >= fused_cosine
        cosine = hit.cosine if by_face else fused_cosine
        return pb.PersonMatch(
            person=person,
            face=face,
            similarity=self._pack.embedder.to_similarity(cosine),
            cosine=cosine,
            face_cosine=hit.cosine,
            fused_cosine=fused_cosine,
            decided_by=pb.DECIDED_BY_FACE if by_face else pb.DECIDED_BY_FUSED_TEMPLATE,
        )
