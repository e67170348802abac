"""Tracks of stored video: their shots come together, and each is decided once, when it closes, from all of them.

So what is said of a track depends neither on the order in which its shots arrive nor on how often they are sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import Unavailable
from sightline.match.tracks import MAX_SHOTS
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from sightline.match.tracks import Track


def closes_whole(face: events_pb2.FaceEvent) -> bool:
    """Whether the event ends a track whose shots came together."""
    return face.attempt > 0 and face.WhichOneof("content") == "closed"


def require_whole(track: Track, closed: events_pb2.TrackClosed) -> None:
    """Raises Unavailable TRACK_INCOMPLETE where shots of the track have not arrived, or are forgotten by now."""
    there = len(track.record.shots)
    if there < min(closed.shots, MAX_SHOTS):
        raise Unavailable("TRACK_INCOMPLETE", f"{there} of {closed.shots} shots of the track are there; wait for all.")


def on_best_shot(event: events_pb2.EmbeddingEvent) -> events_pb2.EmbeddingEvent:
    """The track's end as if it were its best shot: what a sighting shows."""
    decided = events_pb2.EmbeddingEvent()
    decided.CopyFrom(event)
    decided.face.shot.CopyFrom(event.face.closed.best)
    return decided
