"""The faces of successive frames, whosever they are, put together into pieces that are worth a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.ingest.face_message import face_message
from sightline.v1 import records_pb2
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.ingest.appearances import Sight
    from sightline.ingest.detect_client import FoundFaces
    from sightline.ingest.frames import Frame

MOST_FRAMES, ENOUGH_FACES = 64, 256
"""A piece ends with that many frames, or with the frame that brings it to so many faces, of 200 bytes each."""


@dataclass(frozen=True)
class Piece:
    """What successive frames show, and where a reading behind them would have to begin."""

    first_frame: int
    faces: list[pb.VideoFace]
    end: records_pb2.VideoJobCheckpoint


class FrameFaces:
    """An Onlooker that follows nobody: it notes what detect says of each frame, and nothing of the picture.

    Args:
        start: where the reading begins; counts go on from there.
    """

    def __init__(self, start: records_pb2.VideoJobCheckpoint) -> None:
        self.opened = 0
        self.seen, self.frames = start.faces, start.frames
        self._first, self._last_s = start.frames, start.media_seconds
        self._faces: list[pb.VideoFace] = []

    def look(self, sight: Sight, found: FoundFaces) -> list[Piece]:
        """See Onlooker."""
        frame = sight.frame
        ended = [self._cut_before(frame)] if self._is_whole(frame.index) else []
        height, width = frame.picture.shape[:2]
        faces = [face_message(face, (width, height)) for face in found.faces if face.is_sure]
        faces.sort(key=lambda face: -face.bounding_box.width * face.bounding_box.height)
        self._faces += [pb.VideoFace(media_seconds=frame.media_time_s, face=face) for face in faces]
        self.seen += len(faces)
        self.frames, self._last_s = frame.index + 1, frame.media_time_s
        return ended

    def end(self) -> list[Piece]:
        """See Onlooker."""
        return [self._cut(self._reached(self.frames, self._last_s))]

    def _is_whole(self, index: int) -> bool:
        return index - self._first >= MOST_FRAMES or len(self._faces) >= ENOUGH_FACES

    def _cut_before(self, frame: Frame) -> Piece:
        reached = self._reached(frame.index, frame.media_time_s)
        reached.origin_seconds = frame.origin_s  # there a reading may begin
        return self._cut(reached)

    def _cut(self, reached: records_pb2.VideoJobCheckpoint) -> Piece:
        piece = Piece(self._first, self._faces, reached)
        self._first, self._faces = reached.frames, []
        return piece

    def _reached(self, frames: int, media_seconds: float) -> records_pb2.VideoJobCheckpoint:
        return records_pb2.VideoJobCheckpoint(frames=frames, media_seconds=media_seconds, faces=self.seen)
