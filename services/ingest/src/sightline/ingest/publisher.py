"""Telling the rest of the system what was seen: face events on NATS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis import topology
from sightline.ingest.appearances import Shot
from sightline.ingest.face_message import box_message, landmarks_message, pose_message, quality_message
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from sightline.chassis.lease import Publish
    from sightline.chassis.topology import Lane
    from sightline.ingest.appearances import Closing, News


@dataclass(frozen=True)
class FaceEvents:
    """Publishes what one source shows, under one lease."""

    publish: Publish
    lane: Lane
    source: str
    epoch: int
    watchlist_ids: tuple[str, ...]
    evidence_address: str

    async def send(self, news: News) -> None:
        """Publish a shot or the end of a track; the ids make a repeat harmless. Raises as `Bus.publish`."""
        event = events_pb2.FaceEvent(
            source=self.source, epoch=self.epoch, track_id=news.track_id, watchlist_ids=self.watchlist_ids
        )
        if isinstance(news, Shot):
            event.shot.CopyFrom(_to_shot(news, self.evidence_address))
            dedup_id = news.shot_id
        else:
            event.closed.CopyFrom(_to_closed(news))
            dedup_id = f"{news.track_id}:closed"
        # Another lease's events are other messages: a repeated run must reach match with its own epoch.
        await self.publish(topology.faces(self.lane, self.source), event, dedup_id=f"{dedup_id}:{self.epoch}")


def _to_shot(shot: Shot, evidence_address: str) -> events_pb2.FaceShot:
    face = shot.face
    message = events_pb2.FaceShot(
        shot_id=shot.shot_id,
        crop=shot.crop.jpeg,
        shown=shot.crop.shown,
        landmarks=landmarks_message(shot.crop.landmarks),
        bounding_box=box_message(shot.box),
        confidence=face.score,
        pose=pose_message(face.pose),
        quality=quality_message(face.quality),
        detector_id=shot.detector_id,
        evidence_address=evidence_address,
    )
    message.event_time.FromNanoseconds(shot.event_ns)
    message.frame_time.FromNanoseconds(shot.frame_ns)
    return message


def _to_closed(closing: Closing) -> events_pb2.TrackClosed:
    message = events_pb2.TrackClosed(detections=closing.detections, shots=closing.shots)
    message.first_time.FromNanoseconds(closing.first_ns)
    message.last_time.FromNanoseconds(closing.last_ns)
    for point in closing.path:
        message.path.add(bounding_box=box_message(point.box)).time.FromNanoseconds(point.time_ns)
    return message
