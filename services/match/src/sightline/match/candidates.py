"""Who a track may show, and the sighting that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.ids import derived_id
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.pack import Pack
    from sightline.match.index import Hit
    from sightline.match.projection import GalleryProjection
    from sightline.match.thresholds import Threshold
    from sightline.v1 import gallery_service_pb2

MAX_CANDIDATES = 10


class Candidates:
    """Makes of faces that were found what a sighting says about them."""

    def __init__(self, projection: GalleryProjection, pack: Pack, rules: gallery_service_pb2.ReviewRules) -> None:
        self._projection = projection
        self._pack = pack
        self._rules = rules

    def of(self, hits: Sequence[Hit]) -> list[events_pb2.Candidate]:
        """One a person, by their best face; the most similar first."""
        candidates: dict[str, events_pb2.Candidate] = {}
        for hit in hits:
            person, face = self._projection.person(hit.person_id), self._projection.face(hit.face_id)
            # What was deleted, or given to somebody else, since it was searched for is not said.
            if person is None or face is None or face.person_id != person.id or person.id in candidates:
                continue
            candidates[person.id] = events_pb2.Candidate(
                person_id=person.id,
                face_id=face.id,
                external_id=person.external_id,
                display_name=person.display_name,
                similarity=self._pack.embedder.to_similarity(hit.cosine),
                cosine=hit.cosine,
                enrolled_by=face.requester,
                external_image_id=face.external_image_id,
            )
        return list(candidates.values())[:MAX_CANDIDATES]

    def sighting(
        self,
        event: events_pb2.EmbeddingEvent,
        watchlist: gallery_service_pb2.Watchlist,
        candidates: Sequence[events_pb2.Candidate],
        revision: int,
        threshold: Threshold,
        name: str = "",
    ) -> events_pb2.Sighting:
        """All that led to it, as it was at this moment; `name` sets a further person's of the same track apart."""
        face, shot = event.face, event.face.shot
        roll = self._projection.roll(watchlist.id)
        return events_pb2.Sighting(
            id=derived_id(face.track_id, watchlist.id, *([name] if name else [])),
            revision=revision,
            watchlist_id=watchlist.id,
            source=face.source,
            track_id=face.track_id,
            event_time=shot.event_time,
            frame_time=shot.frame_time,
            candidates=candidates,
            threshold=threshold.cosine,
            calibration=threshold.calibration,
            detector_id=shot.detector_id,
            embedder_id=event.embedder_id,
            fit_for=self._pack.fit_for,
            gallery_size=roll.size,
            gallery_hash=roll.set_hash,
            crop=shot.shown or shot.crop,
            bounding_box=shot.bounding_box,
            quality=shot.quality,
            evidence_address=shot.evidence_address,
            review_policy=watchlist.review_policy,
            cooldown=watchlist.cooldown,
            priority=watchlist.priority,
            review_rules=self._rules,
        )
