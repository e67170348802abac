"""The stream path: embedded face shots become, perhaps, sightings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import structlog

from sightline.chassis import tracing
from sightline.chassis.errors import Conflict, FailedPrecondition, Internal, SightlineError
from sightline.match.candidates import Candidates
from sightline.match.drift import Drift
from sightline.match.index import Probe
from sightline.match.inference import require_embedder
from sightline.match.vectors import checked
from sightline.match.whole_tracks import View, closes_whole, people_of, require_whole
from sightline.v1 import gallery_service_pb2, records_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence

    from sightline.chassis.pack import Pack
    from sightline.match.index import FaceIndex, Hit
    from sightline.match.projection import GalleryProjection
    from sightline.match.thresholds import Threshold, Thresholds
    from sightline.match.tracks import Track, Tracks
    from sightline.v1 import events_pb2

    Outcome: TypeAlias = SightlineError | None

log = structlog.get_logger()

T = TypeVar("T")

# How many faces are asked for; persons with several faces among them leave at least a few candidates.
NEAREST = 20
# A sighting is said again when the evidence has grown by this much cosine.
WORTH_A_REVISION = 0.005
CAS_TRIES = 5


class SightingSink(Protocol):
    """Where sightings go."""

    async def publish(self, sighting: events_pb2.Sighting) -> bool:
        """Returns once the broker has it; False: it had that revision already, and this one has no effect."""

    async def settle(self, face: events_pb2.FaceEvent) -> None:
        """Tells whoever reads a stored video that the track is decided; may be lost, and is asked for again then."""


@dataclass(frozen=True)
class Question:
    """Whether somebody whom a track shows is in a watchlist."""

    view: View
    watchlist: gallery_service_pb2.Watchlist
    threshold: Threshold


@dataclass(frozen=True)
class Look:
    """A shot, or the end of a whole track, with the track that it is part of, and what is asked of it."""

    event: events_pb2.EmbeddingEvent
    track: Track
    questions: Sequence[Question]
    span: tracing.Span
    closed: events_pb2.TrackClosed | None = None
    """Of stored video: the end of the track, which is decided by this look."""


class Identification:
    """Decides, for each watchlist that a source is matched against, whether a track shows somebody enrolled."""

    def __init__(
        self,
        index: FaceIndex,
        projection: GalleryProjection,
        tracks: Tracks,
        sink: SightingSink,
        pack: Pack,
        thresholds: Thresholds,
        rules: gallery_service_pb2.ReviewRules,
    ) -> None:
        self._index = index
        self._projection = projection
        self._tracks = tracks
        self._sink = sink
        self._pack = pack
        self._same = pack.embedder.threshold
        self._thresholds = thresholds
        self._candidates = Candidates(projection, pack, rules)
        self._off: set[str] = set()
        self.drift = Drift(thresholds.calibration)

    async def handle(self, event: events_pb2.EmbeddingEvent) -> None:
        """Handles one event; repeated and reordered ones lead to the same sightings.

        Raises:
            InvalidInput: TEMPLATE_INVALID.
            FailedPrecondition: EMBEDDER_DIFFERS.
            Conflict: TRACK_CHANGED.
        """
        [outcome] = await self.handle_all([event])
        if outcome is not None:
            raise outcome

    async def handle_all(
        self, events: Sequence[events_pb2.EmbeddingEvent], spans: Sequence[tracing.Span] = ()
    ) -> list[Outcome]:
        """Handles events as `handle` would one after another; those of different tracks are searched for together.

        Args:
            events: in the order in which they came.
            spans: of each the span that its handling is a part of; none: they are in no trace.

        Returns:
            for each event None, or what became of it.
        """
        outcomes: list[Outcome] = [None] * len(events)
        spans = spans or [tracing.NOWHERE] * len(events)
        wanted = [place for place, event in enumerate(events) if _says_something(event.face)]
        for turn in _turns(wanted, events):
            handled = await self._handle([(events[place], spans[place]) for place in turn])
            for place, outcome in zip(turn, handled, strict=True):
                outcomes[place] = outcome
        return outcomes

    async def _handle(self, events: Sequence[tuple[events_pb2.EmbeddingEvent, tracing.Span]]) -> list[Outcome]:
        """Handles events of which no two are of one track."""
        begun = await asyncio.gather(*(_isolated(self._begin(event, span)) for event, span in events))
        looks = [look for look in begun if isinstance(look, Look)]
        try:
            hits = iter(await self._search(looks))
        except SightlineError as error:
            return [error if isinstance(look, Look) else look for look in begun]
        ended = iter(await asyncio.gather(*(_isolated(self._within(look, next(hits))) for look in looks)))
        return [next(ended) if isinstance(look, Look) else look for look in begun]

    async def _begin(self, event: events_pb2.EmbeddingEvent, span: tracing.Span) -> Look:
        require_embedder(event.embedder_id, self._pack.embedder_id)
        if closes_whole(event.face):
            return await self._begin_end(event, span)
        shot = event.face.shot
        vector = checked(event.vector, self._pack.embedder.dimension)
        track = await self._tracks.get(event.face.track_id)
        track.add(shot.shot_id, shot.quality.overall, vector, span)
        views = [] if event.face.attempt else [View(event, track.fused(shot.shot_id, self._same))]
        return Look(event, track, self._questions(event.face, views), span)

    async def _begin_end(self, event: events_pb2.EmbeddingEvent, span: tracing.Span) -> Look:
        track = await self._tracks.get(event.face.track_id)
        require_whole(track, event.face.closed)
        views = list(people_of(track, event, self._same))
        return Look(event, track, self._questions(event.face, views), span, event.face.closed)

    def _questions(self, face: events_pb2.FaceEvent, views: Sequence[View]) -> list[Question]:
        return [Question(view, *place) for place in self._places(face) for view in views] if views else []

    def _places(self, face: events_pb2.FaceEvent) -> Iterator[tuple[gallery_service_pb2.Watchlist, Threshold]]:
        """The watchlists in which the source's faces are looked for, each with its threshold."""
        for watchlist in self._named(face.watchlist_ids) if face.watchlist_ids else self._projection.watchlists():
            if watchlist.approval == gallery_service_pb2.APPROVAL_PENDING:
                continue
            try:
                yield watchlist, self._thresholds.of(watchlist)
            except FailedPrecondition as error:
                self._note_off(watchlist.id, error)

    def _named(self, ids: Sequence[str]) -> Iterator[gallery_service_pb2.Watchlist]:
        """Those that are there, each once; by their ids alone, which another one may have as its name."""
        for watchlist_id in dict.fromkeys(ids):
            watchlist = self._projection.watchlist(watchlist_id)
            if watchlist is not None and watchlist.id == watchlist_id:
                yield watchlist

    def _note_off(self, watchlist_id: str, error: FailedPrecondition) -> None:
        if watchlist_id not in self._off:
            self._off.add(watchlist_id)
            log.error("alerts_off", watchlist=watchlist_id, reason=error.reason, detail=error.message)

    async def _search(self, looks: Sequence[Look]) -> list[list[list[Hit]]]:
        """For each look, for each of its questions, the nearest faces; all in one query of the index."""
        probes: list[Probe] = []
        expired, now = self._projection.expired_faces, self._projection.now()
        for look in looks:
            for question in look.questions:
                name = question.watchlist.id
                probes.append(Probe(question.view.vector, name, NEAREST + expired(name, now)))
        hits = iter(await self._index.nearest_many(probes) if probes else [])
        return [[next(hits) for _ in look.questions] for look in looks]

    async def _within(self, look: Look, hits: Sequence[Sequence[Hit]]) -> None:
        with tracing.within(look.span):
            await self._end_or_repeat(look, hits)

    async def _end_or_repeat(self, look: Look, hits: Sequence[Sequence[Hit]]) -> None:
        for _ in range(CAS_TRIES - 1):
            try:
                await self._end(look, hits)
            except Conflict:
                look = await self._again(look)
                [hits] = await self._search([look])
                continue
            return
        await self._end(look, hits)

    async def _again(self, look: Look) -> Look:
        """With the track as it is by now, of which this look has said what it has said."""
        again = await self._begin(look.event, look.span)
        published = again.track.record.published
        for watchlist_id, said in look.track.record.published.items():
            if said.revision >= published[watchlist_id].revision:
                published[watchlist_id].CopyFrom(said)
        return again

    async def _end(self, look: Look, hits: Sequence[Sequence[Hit]]) -> None:
        named: set[tuple[str, str]] = set()
        for question, nearest in zip(look.questions, hits, strict=True):
            watchlist, least = question.watchlist, question.threshold.cosine
            if nearest and len(look.track.record.shots) == 1:
                # One look is one picture, as the calibration's are; later ones are fused.
                self.drift.note(nearest[0].cosine, watchlist.face_count)
            candidates = self._candidates.of([hit for hit in nearest if hit.cosine >= least])
            # Whoever looks like two people in one track is said once, by the better shots.
            if candidates and (who := (watchlist.id, candidates[0].person_id)) not in named:
                named.add(who)
                await self._say(look, question, candidates)
        await self._tracks.put(look.track)
        if look.closed is not None:
            await self._sink.settle(look.event.face)

    async def _say(self, look: Look, question: Question, candidates: Sequence[events_pb2.Candidate]) -> None:
        published, name = look.track.record.published, question.view.name
        key = f"{question.watchlist.id}.{name}" if name else question.watchlist.id
        said = published.get(key)
        if said and not _says_more(candidates[0], said):
            return
        # Said before it is written down: after a crash in between, or beside another replica, a revision may be taken.
        revision = said.revision + 1 if said else 1
        while not await self._publish(look, question, candidates, revision) and look.closed is None:
            revision += 1
        best = candidates[0]
        published[key].CopyFrom(
            records_pb2.PublishedSighting(revision=revision, cosine=best.cosine, person_id=best.person_id)
        )

    async def _publish(
        self, look: Look, question: Question, candidates: Sequence[events_pb2.Candidate], revision: int
    ) -> bool:
        """See SightingSink. Of a closed track there is but one thing to say, however often it comes."""
        view, watchlist = question.view, question.watchlist
        sighting = self._candidates.sighting(view.event, watchlist, candidates, revision, question.threshold, view.name)
        if look.closed is not None:
            sighting.track_first_time.CopyFrom(look.closed.first_time)
            sighting.track_last_time.CopyFrom(look.closed.last_time)
        facts = tracing.Facts(source=sighting.source, track=sighting.track_id, watchlist=sighting.watchlist_id)
        with tracing.spanning("sighting", **facts) as span:
            tracing.link(span, look.track.traces())
            return await self._sink.publish(sighting)


def _says_something(face: events_pb2.FaceEvent) -> bool:
    return face.HasField("shot") or closes_whole(face)


def _turns(places: Sequence[int], events: Sequence[events_pb2.EmbeddingEvent]) -> Iterator[list[int]]:
    """The places of the events in turns: of each track the first one, then of each the second one, and so on."""
    waiting: dict[str, list[int]] = {}
    for place in places:
        waiting.setdefault(events[place].face.track_id, []).append(place)
    while waiting:
        yield [theirs.pop(0) for theirs in waiting.values()]
        waiting = {track: theirs for track, theirs in waiting.items() if theirs}


async def _isolated(work: Awaitable[T]) -> T | SightlineError:
    """What came of it, or what went wrong: other events of the turn go on."""
    try:
        return await work
    except SightlineError as error:
        return error
    except Exception:
        log.exception("handler_failed")
        return Internal("HANDLER_FAILED", "The handler failed unexpectedly; the service's log has the details.")


def _says_more(best: events_pb2.Candidate, said: records_pb2.PublishedSighting) -> bool:
    return best.person_id != said.person_id or best.cosine > said.cosine + WORTH_A_REVISION
