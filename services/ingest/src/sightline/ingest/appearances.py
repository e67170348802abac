"""The appearances of faces on one source: what of them is worth telling, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from sightline.chassis.ids import derived_id
from sightline.ingest.shots import FaceCrop, ShotChoice, cut_crop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.ingest.detect_client import FoundFaces
    from sightline.ingest.evidence import EvidenceStore
    from sightline.ingest.face import SeenFace
    from sightline.ingest.frames import Frame
    from sightline.ingest.tracker import FaceTracker


@dataclass(frozen=True)
class Sight:
    """A frame with its times, nanoseconds since 1970."""

    frame: Frame
    event_ns: int
    """When it was seen: of the run's start plus media time for a file."""
    frame_ns: int
    """When it came out of the decoder."""


@dataclass(frozen=True)
class Shot:
    """A view of a track that is to be sent."""

    shot_id: str
    track_id: str
    sight: Sight
    face: SeenFace
    crop: FaceCrop
    detector_id: str


@dataclass(frozen=True)
class Closing:
    """A track that ended; times in nanoseconds since 1970."""

    track_id: str
    first_ns: int
    last_ns: int
    detections: int
    shots: int


News: TypeAlias = Shot | Closing


@dataclass
class _Appearance:
    first_ns: int
    last_ns: int
    choice: ShotChoice = field(default_factory=ShotChoice)
    detections: int = 0
    kept_back: Shot | None = None


class Appearances:
    """Turns the faces of successive frames into news; one source, frames in order."""

    def __init__(self, tracker: FaceTracker, evidence: EvidenceStore) -> None:
        self._tracker = tracker
        self._evidence = evidence
        self._open: dict[str, _Appearance] = {}
        self.opened = 0

    def look(self, sight: Sight, found: FoundFaces) -> list[News]:
        """Take in the next frame. Encodes JPEGs: call it in a thread."""
        height, width = sight.frame.picture.shape[:2]
        update = self._tracker.update(sight.frame.moving_s, found.faces, (width, height))
        news = list(self._closings(update.closed))
        for track_id in update.opened:
            self._open[track_id] = _Appearance(sight.event_ns, sight.event_ns)
            self.opened += 1
        for place, track in enumerate(update.assigned):
            if track is not None and (shot := self._see(track, sight, found, place)):
                news.append(shot)
        return news

    def end(self) -> list[News]:
        """Close every track, at the end of the source."""
        return list(self._closings(self._tracker.close_all()))

    def _see(self, track_id: str, sight: Sight, found: FoundFaces, place: int) -> Shot | None:
        appearance, face = self._open[track_id], found.faces[place]
        appearance.detections += 1
        appearance.last_ns = sight.event_ns
        taken = appearance.choice.take(face.quality.overall)
        if not taken and not appearance.choice.keep_back(face.quality.overall):
            return None
        crop = cut_crop(sight.frame.picture, face)
        shot_id = derived_id(track_id, str(sight.frame.index))
        shot = Shot(shot_id, track_id, sight, face, crop, found.detector_id)
        self._evidence.keep(track_id, sight.frame.picture, found.faces, place)
        appearance.kept_back = None if taken else shot
        return shot if taken else None

    def _closings(self, closed: list[str]) -> Iterable[News]:
        for track_id in closed:
            seen = self._open.pop(track_id)
            shots = seen.choice.sent
            if seen.kept_back is not None:
                shots += 1
                yield seen.kept_back
            yield Closing(track_id, seen.first_ns, seen.last_ns, seen.detections, shots)
