"""Tracks of stored video: their shots come together, and each is decided once, when it closes, from all of them.

So what is said of a track depends neither on the order in which its shots arrive nor on how often they are sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import Unavailable
from sightline.match.tracks import MAX_SHOTS
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.match.tracks import Track
    from sightline.match.vectors import Vector


@dataclass(frozen=True)
class View:
    """Somebody whom a track shows."""

    event: events_pb2.EmbeddingEvent
    """With the shot that a sighting of them has."""
    vector: Vector
    """What is looked for."""
    name: str = ""
    """Of their sighting, beside the first one's of the track, which has none."""


def closes_whole(face: events_pb2.FaceEvent) -> bool:
    """Whether the event ends a track whose shots came together."""
    return face.attempt > 0 and face.WhichOneof("content") == "closed"


def require_whole(track: Track, closed: events_pb2.TrackClosed) -> None:
    """Raises Unavailable TRACK_INCOMPLETE where shots of the track have not arrived, or are forgotten by now."""
    there = len(track.record.shots)
    if there < min(closed.shots, MAX_SHOTS):
        raise Unavailable("TRACK_INCOMPLETE", f"{there} of {closed.shots} shots of the track are there; wait for all.")


def people_of(track: Track, event: events_pb2.EmbeddingEvent, least: float) -> Iterator[View]:
    """Everybody whom a track shows that ends with this event, each with their best shot.

    Args:
        track: of which all shots are there.
        event: its end.
        least: the cosine from which on two shots show one person.
    """
    closed = event.face.closed
    others = {shot.shot_id: shot for shot in closed.others}
    first, *further = track.people(least)
    yield View(_shown_by(event, closed.best), first.vector, "")
    # An ingest of before sends no pictures of them.
    for person in further:
        if person.shot_id in others:
            yield View(_shown_by(event, others[person.shot_id]), person.vector, person.shot_id)


def _shown_by(event: events_pb2.EmbeddingEvent, shot: events_pb2.FaceShot) -> events_pb2.EmbeddingEvent:
    """The track's end as if it were that shot: what a sighting shows."""
    decided = events_pb2.EmbeddingEvent(embedder_id=event.embedder_id)
    decided.face.CopyFrom(event.face)
    decided.face.shot.CopyFrom(shot)
    return decided
