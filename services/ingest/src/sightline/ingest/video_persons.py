"""Who a stored video shows, put together from what match said of its tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sightline.v1 import events_pb2

TOGETHER_S = 2.0
"""Tracks with a shorter gap between them are one span: a head that turned away for a moment."""


@dataclass(frozen=True)
class SeenTrack:
    """A sighting without its picture, and where that is."""

    sighting: events_pb2.Sighting
    sequence: int
    """In SIGHTINGS."""

    @property
    def best(self) -> events_pb2.Candidate:
        """Whom it shows."""
        return self.sighting.candidates[0]


@dataclass(frozen=True)
class SeenPerson:
    """A person, and the tracks that show them in the order of their thumbnails: the most similar first."""

    shown: pb.VideoPerson
    tracks: tuple[SeenTrack, ...]

    @property
    def key(self) -> str:
        """Of the person, for page tokens."""
        return f"{self.shown.watchlist_id}.{self.shown.person.person_id}"


def persons_of(tracks: Iterable[SeenTrack], start_ns: int, order: pb.VideoPersonOrder) -> list[SeenPerson]:
    """Persons with the spans in which they were there.

    Args:
        tracks: each once.
        start_ns: what event times count from, in nanoseconds since 1970.
        order: of the persons.
    """
    by_person: dict[tuple[str, str], list[SeenTrack]] = {}
    for track in tracks:
        by_person.setdefault((track.sighting.watchlist_id, track.best.person_id), []).append(track)
    persons = [_person(theirs, start_ns) for theirs in by_person.values()]
    return sorted(persons, key=_by_name if order == pb.VIDEO_PERSON_ORDER_PERSON else _by_time)


def _by_time(person: SeenPerson) -> tuple[object, ...]:
    return person.shown.first_media_seconds, person.key


def _by_name(person: SeenPerson) -> tuple[object, ...]:
    who = person.shown.person
    return who.display_name.casefold(), who.external_id, person.key


def _person(tracks: list[SeenTrack], start_ns: int) -> SeenPerson:
    ranked = tuple(sorted(tracks, key=lambda track: (-track.best.cosine, track.sighting.track_id)))
    spans = _spans([_track(track, start_ns) for track in tracks])
    shown = pb.VideoPerson(
        watchlist_id=ranked[0].sighting.watchlist_id,
        person=ranked[0].best,
        first_media_seconds=spans[0].first_media_seconds,
        last_media_seconds=max(span.last_media_seconds for span in spans),
        spans=spans,
        track_count=len(tracks),
    )
    return SeenPerson(shown, ranked)


def _track(track: SeenTrack, start_ns: int) -> pb.VideoTrack:
    said, media_s = track.sighting, _media_clock(start_ns)
    return pb.VideoTrack(
        track_id=said.track_id,
        first_media_seconds=media_s(said.track_first_time.ToNanoseconds()),
        last_media_seconds=media_s(said.track_last_time.ToNanoseconds()),
        similarity=track.best.similarity,
        cosine=track.best.cosine,
        bounding_box=said.bounding_box,
        best_media_seconds=media_s(said.event_time.ToNanoseconds()),
    )


def _media_clock(start_ns: int) -> Callable[[int], float]:
    return lambda event_ns: round((event_ns - start_ns) / 1e9, 6)


def _spans(tracks: list[pb.VideoTrack]) -> list[pb.VideoSpan]:
    spans: list[pb.VideoSpan] = []
    for track in sorted(tracks, key=lambda track: (track.first_media_seconds, track.track_id)):
        if not spans or track.first_media_seconds > spans[-1].last_media_seconds + TOGETHER_S:
            spans.append(pb.VideoSpan(first_media_seconds=track.first_media_seconds))
        span = spans[-1]
        span.last_media_seconds = max(span.last_media_seconds, track.last_media_seconds)
        span.best_similarity = max(span.best_similarity, track.similarity)
        span.tracks.append(track)
    return spans
