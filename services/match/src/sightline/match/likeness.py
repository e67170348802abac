"""Whether a face that is to be enrolled looks like somebody else: a mistaken id, or one person under two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.pack import Pack
    from sightline.match.index import FaceIndex, Hit
    from sightline.match.projection import GalleryProjection
    from sightline.match.thresholds import Thresholds
    from sightline.match.vectors import Vector

NEAREST = 20
MOST = 4096


class Likeness:
    """Compares with the other persons of a watchlist."""

    def __init__(self, index: FaceIndex, projection: GalleryProjection, thresholds: Thresholds, pack: Pack) -> None:
        self._index = index
        self._projection = projection
        self._thresholds = thresholds
        self._pack = pack

    async def issue(self, vector: Vector, watchlist: pb.Watchlist, person_id: str) -> pb.EnrolmentIssue | None:
        """LOOKS_LIKE_ANOTHER_PERSON, where a face of somebody else is at the threshold in force or above."""
        threshold = self._threshold(watchlist)
        hit = await self._nearest_other(vector, watchlist.id, person_id, threshold)
        if hit is None:
            return None
        similarity = self._pack.embedder.to_similarity(hit.cosine)
        return pb.EnrolmentIssue(
            reason="LOOKS_LIKE_ANOTHER_PERSON",
            message=f"The face resembles person {hit.person_id} (similarity {similarity:.0f}): is the id right, "
            "or are they one person?",
            person_id=hit.person_id,
            face_id=hit.face_id,
            similarity=similarity,
        )

    async def _nearest_other(self, vector: Vector, watchlist_id: str, person_id: str, threshold: float) -> Hit | None:
        limit = NEAREST
        while True:
            hits = await self._index.nearest(vector, watchlist_id, limit)
            near = [hit for hit in hits if hit.cosine >= threshold]
            for hit in near:
                if hit.person_id != person_id and self._projection.person(hit.person_id) is not None:
                    return hit
            if len(near) < limit or limit >= MOST:
                return None
            # The person's own faces fill the answer: those of others may stand behind them.
            limit = min(limit * 8, MOST)

    def _threshold(self, watchlist: pb.Watchlist) -> float:
        try:
            return self._thresholds.of(watchlist).cosine
        except FailedPrecondition:
            # Without a calibration nobody is alerted about; for a warning the pack's own is good enough.
            return self._pack.embedder.threshold
