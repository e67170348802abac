"""A stored video in pieces, between which no face is being tracked: where a job that is interrupted goes on.

A piece ends at the first frame after ten seconds before which no face was seen for half a second, and after two
minutes in any case: whoever is in sight then begins a new track, in every reading of the video, the undisturbed one
included. The tracker starts each piece knowing nothing, and ids of tracks count from the piece's first frame. So a
reading that begins with a piece finds in it what a reading from the beginning finds: the same tracks, with the same ids
and the same shots.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from sightline.chassis.ids import derived_id
from sightline.ingest.appearances import Appearances, Closing
from sightline.ingest.tracker import FaceTracker
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.ingest.appearances import News, Sight
    from sightline.ingest.detect_client import FoundFaces
    from sightline.ingest.evidence import EvidenceStore
    from sightline.ingest.frames import Frame

SHORTEST_S, LONGEST_S = 10.0, 120.0
QUIET_S = 0.5


@dataclass
class _Segment:
    owed: set[str] = field(default_factory=set)
    """Its tracks that match has yet to settle."""
    end: records_pb2.VideoJobCheckpoint | None = None


class Segments:
    """Knows up to where everything was settled; threads may share it."""

    def __init__(self, start: records_pb2.VideoJobCheckpoint) -> None:
        self._reached = start
        self._segments = deque([_Segment()])
        self._lock = Lock()

    def owe(self, track_id: str) -> None:
        """A track of the present segment has closed: it will have to be settled."""
        with self._lock:
            self._segments[-1].owed.add(track_id)

    def end(self, at: records_pb2.VideoJobCheckpoint) -> None:
        """The present segment ends, and with it all of its tracks; the next one begins."""
        with self._lock:
            self._segments[-1].end = at
            self._segments.append(_Segment())

    def settle(self, track_id: str) -> None:
        """A track was settled."""
        with self._lock:
            for segment in self._segments:
                segment.owed.discard(track_id)

    def checkpoint(self) -> records_pb2.VideoJobCheckpoint:
        """The end of the last segment before which nothing is owed."""
        with self._lock:
            while (end := self._segments[0].end) is not None and not self._segments[0].owed:
                self._reached = end
                self._segments.popleft()
            return self._reached


class TrackIds:
    """Ids of tracks, which are the same whenever the same segment is read."""

    def __init__(self, job_id: str, first_frame: int) -> None:
        self._job_id = job_id
        self.begin(first_frame)

    def begin(self, first_frame: int) -> None:
        """Count from the frame with which a segment begins."""
        self._first_frame = first_frame
        self._numbers: Iterator[int] = itertools.count()

    def __call__(self) -> str:
        """The id of the next track."""
        return derived_id(self._job_id, str(self._first_frame), str(next(self._numbers)))


class SegmentedAppearances(Appearances):
    """Appearances that end with their segment; it counts from the video's beginning, also where it goes on."""

    def __init__(
        self, job_id: str, start: records_pb2.VideoJobCheckpoint, segments: Segments, evidence: EvidenceStore
    ) -> None:
        self._ids = TrackIds(job_id, start.frames)
        super().__init__(FaceTracker(self._ids), evidence)
        self._segments = segments
        self._begin_s = self._last_s = self._face_s = start.media_seconds
        self._tracks_before = start.tracks
        self.frames, self.faces = start.frames, start.faces

    @property
    def tracks(self) -> int:
        """Tracks opened so far."""
        return self._tracks_before + self.opened

    def look(self, sight: Sight, found: FoundFaces) -> list[News]:
        """See Appearances."""
        ended = self._end_segment(sight.frame) if self._is_over(sight.frame) else []
        news = self._noted(super().look(sight, found))
        self.frames, self._last_s = sight.frame.index + 1, sight.frame.media_time_s
        sure = sum(face.is_sure for face in found.faces)
        self.faces += sure
        if sure:
            self._face_s = sight.frame.media_time_s
        return ended + news

    def end(self) -> list[News]:
        """See Appearances."""
        return self._noted(super().end())

    def end_video(self) -> None:
        """The last segment ends with the video."""
        self._segments.end(self._checkpoint(self.frames, self._last_s))

    def _is_over(self, frame: Frame) -> bool:
        lasted = frame.media_time_s - self._begin_s
        return lasted >= LONGEST_S or (lasted >= SHORTEST_S and frame.media_time_s - self._face_s > QUIET_S)

    def _end_segment(self, frame: Frame) -> list[News]:
        news = self.end()
        reached = self._checkpoint(frame.index, frame.media_time_s)
        reached.origin_seconds = frame.origin_s  # that of the next frame: there a reading may begin
        self._segments.end(reached)
        self._ids.begin(frame.index)
        self._begin_s = self._face_s = frame.media_time_s
        return news

    def _checkpoint(self, frames: int, media_seconds: float) -> records_pb2.VideoJobCheckpoint:
        return records_pb2.VideoJobCheckpoint(
            frames=frames, media_seconds=media_seconds, faces=self.faces, tracks=self.tracks
        )

    def _noted(self, news: list[News]) -> list[News]:
        for each in news:
            if isinstance(each, Closing):
                self._segments.owe(each.track_id)
        return news
