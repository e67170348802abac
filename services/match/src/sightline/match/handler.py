"""The stream path: an embedded face shot becomes, perhaps, a sighting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from sightline.chassis.errors import Conflict
from sightline.chassis.ids import derived_id
from sightline.match.inference import require_embedder
from sightline.match.search import threshold_in_force
from sightline.match.vectors import checked
from sightline.v1 import events_pb2, records_pb2

if TYPE_CHECKING:
    from sightline.chassis.pack import Pack
    from sightline.match.index import FaceIndex, Hit
    from sightline.match.projection import GalleryProjection
    from sightline.match.tracks import Track, Tracks
    from sightline.v1 import gallery_service_pb2

log = structlog.get_logger()

# How many faces are asked for; persons with several faces among them leave at least a few candidates.
NEAREST = 20
MAX_CANDIDATES = 10
# A sighting is said again when the evidence has grown by this much cosine.
WORTH_A_REVISION = 0.005
CAS_TRIES = 5


class SightingSink(Protocol):
    """Where sightings go."""

    async def publish(self, sighting: events_pb2.Sighting) -> None:
        """Returns once the broker has it; the same revision again has no effect."""


class Identification:
    """Decides, for each watchlist that a source is matched against, whether a track shows somebody enrolled."""

    def __init__(
        self, index: FaceIndex, projection: GalleryProjection, tracks: Tracks, sink: SightingSink, pack: Pack
    ) -> None:
        self._index = index
        self._projection = projection
        self._tracks = tracks
        self._sink = sink
        self._pack = pack
        self._epochs: dict[str, int] = {}

    async def handle(self, event: events_pb2.EmbeddingEvent) -> None:
        """Handles one event; repeated and reordered ones lead to the same sightings.

        Raises:
            InvalidInput: TEMPLATE_INVALID.
            FailedPrecondition: EMBEDDER_DIFFERS.
        """
        if self._is_stale(event.face) or event.face.WhichOneof("content") != "shot":
            return
        require_embedder(event.embedder_id, self._pack.embedder_id)
        for _ in range(CAS_TRIES):
            try:
                await self._identify(event)
            except Conflict:
                continue
            return
        raise Conflict("TRACK_CHANGED", "The track keeps changing; the message comes again.")

    def _is_stale(self, face: events_pb2.FaceEvent) -> bool:
        """Whether the event is from a process that has lost the source's lease to another one."""
        highest = self._epochs[face.source] = max(face.epoch, self._epochs.get(face.source, 0))
        if face.epoch < highest:
            log.warning("stale_epoch_dropped", source=face.source, epoch=face.epoch, highest=highest)
        return face.epoch < highest

    async def _identify(self, event: events_pb2.EmbeddingEvent) -> None:
        shot = event.face.shot
        vector = checked(event.vector, self._pack.embedder.dimension)
        track = await self._tracks.get(event.face.track_id)
        track.add(shot.shot_id, shot.quality.overall, vector)
        for watchlist in self._watchlists(event.face):
            await self._look(event, track, watchlist)
        await self._tracks.put(track)

    def _watchlists(self, face: events_pb2.FaceEvent) -> list[gallery_service_pb2.Watchlist]:
        if not face.watchlist_ids:
            watchlists = self._projection.watchlists()
        else:
            found = map(self._projection.watchlist, face.watchlist_ids)
            watchlists = [watchlist for watchlist in found if watchlist is not None]
        return [watchlist for watchlist in watchlists if watchlist.embedder_id == self._pack.embedder_id]

    async def _look(
        self, event: events_pb2.EmbeddingEvent, track: Track, watchlist: gallery_service_pb2.Watchlist
    ) -> None:
        threshold = threshold_in_force(watchlist, self._pack)
        hits = await self._index.nearest(track.fused(), watchlist.id, NEAREST)
        candidates = self._candidates([hit for hit in hits if hit.cosine >= threshold])
        said = track.record.published.get(watchlist.id)
        if not candidates or (said and not _says_more(candidates[0], said)):
            return
        revision = said.revision + 1 if said else 1
        # Said before it is written down: after a crash in between the same revision is said again, to no effect.
        await self._sink.publish(self._sighting(event, watchlist, candidates, revision, threshold))
        best = candidates[0]
        track.record.published[watchlist.id].CopyFrom(
            records_pb2.PublishedSighting(revision=revision, cosine=best.cosine, person_id=best.person_id)
        )

    def _candidates(self, hits: list[Hit]) -> list[events_pb2.Candidate]:
        """One a person, by their best face."""
        candidates: dict[str, events_pb2.Candidate] = {}
        for hit in hits:
            person = self._projection.person(hit.person_id)
            if person is None or hit.person_id in candidates:
                continue
            candidates[hit.person_id] = events_pb2.Candidate(
                person_id=person.id,
                face_id=hit.face_id,
                external_id=person.external_id,
                display_name=person.display_name,
                similarity=self._pack.embedder.to_similarity(hit.cosine),
                cosine=hit.cosine,
            )
        return list(candidates.values())[:MAX_CANDIDATES]

    def _sighting(
        self,
        event: events_pb2.EmbeddingEvent,
        watchlist: gallery_service_pb2.Watchlist,
        candidates: list[events_pb2.Candidate],
        revision: int,
        threshold: float,
    ) -> events_pb2.Sighting:
        face, shot = event.face, event.face.shot
        roll = self._projection.roll(watchlist.id)
        return events_pb2.Sighting(
            id=derived_id(face.track_id, watchlist.id),
            revision=revision,
            watchlist_id=watchlist.id,
            source=face.source,
            track_id=face.track_id,
            event_time=shot.event_time,
            frame_time=shot.frame_time,
            candidates=candidates,
            threshold=threshold,
            calibration="none",
            detector_id=shot.detector_id,
            embedder_id=event.embedder_id,
            fit_for=self._pack.fit_for,
            gallery_size=roll.size,
            gallery_hash=roll.set_hash,
            crop=shot.crop,
            bounding_box=shot.bounding_box,
            quality=shot.quality,
            evidence_address=shot.evidence_address,
            review_policy=watchlist.review_policy,
            cooldown=watchlist.cooldown,
        )


def _says_more(best: events_pb2.Candidate, said: records_pb2.PublishedSighting) -> bool:
    return best.person_id != said.person_id or best.cosine > said.cosine + WORTH_A_REVISION
