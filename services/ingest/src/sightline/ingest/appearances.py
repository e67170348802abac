"""The appearances of faces on one source: what of them is worth telling, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sightline.chassis import tracing
from sightline.chassis.ids import derived_id
from sightline.chassis.shot_choice import ShotChoice
from sightline.ingest.likeness import describe
from sightline.ingest.path import Path, PathPoint
from sightline.ingest.regions import inside
from sightline.ingest.scene_cuts import SceneCuts
from sightline.ingest.shots import FaceCrop, cut_crop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from sightline.ingest.detect_client import FoundFaces
    from sightline.ingest.evidence import EvidenceStore
    from sightline.ingest.face import SeenFace
    from sightline.ingest.frames import Frame
    from sightline.ingest.tracker import FaceTracker
    from sightline.ingest.viewing import Outline


@dataclass(frozen=True)
class Sight:
    """A frame with its times, nanoseconds since 1970."""

    frame: Frame
    event_ns: int
    """When it was seen: of the run's start plus media time for a file."""
    frame_ns: int
    """When it came out of the decoder."""
    span: tracing.Span = tracing.NOWHERE
    """Of all that is done with it."""


@dataclass(frozen=True)
class Shot:
    """A view of a track that is to be sent; times as the sight's. Without the frame, which is large."""

    shot_id: str
    track_id: str
    event_ns: int
    frame_ns: int
    box: tuple[float, ...]
    """Left, top, right, bottom in ratios of the frame."""
    face: SeenFace
    crop: FaceCrop
    detector_id: str
    span: tracing.Span = tracing.NOWHERE
    """Of the frame that it was cut from."""


@dataclass(frozen=True)
class Closing:
    """A track that ended; times in nanoseconds since 1970."""

    track_id: str
    first_ns: int
    last_ns: int
    detections: int
    shots: int
    path: tuple[PathPoint, ...] = ()


News: TypeAlias = Shot | Closing


@dataclass
class _Appearance:
    first_ns: int
    last_ns: int
    choice: ShotChoice = field(default_factory=ShotChoice)
    path: Path = field(default_factory=Path)
    detections: int = 0
    kept_back: Shot | None = None


class Appearances:
    """Turns the faces of successive frames into news; one source, frames in order.

    Args:
        tracker: of this source.
        evidence: where the frames of shots are kept.
        regions: only faces whose middle lies in one of them count; none: all do. Evidence hides the others, too.
    """

    def __init__(self, tracker: FaceTracker, evidence: EvidenceStore, regions: Sequence[Outline] = ()) -> None:
        self._tracker = tracker
        self._evidence = evidence
        self._regions = regions
        self._cuts = SceneCuts()
        self._open: dict[str, _Appearance] = {}
        self._still_s = 0.0
        self.opened = 0
        """Tracks so far."""
        self.seen = 0
        """Faces so far, frame by frame, that counted and of which the detector was sure."""

    def look(self, sight: Sight, found: FoundFaces) -> list[News]:
        """Take in the next frame. Encodes JPEGs: call it in a thread."""
        height, width = sight.frame.picture.shape[:2]
        # Of another scene: nobody in it is who was in their place before.
        cut_off = self._tracker.close_all() if self._cuts.is_cut(sight.frame.picture) else []
        places = self._counting(found.faces, (width, height))
        faces = [found.faces[place] for place in places]
        self.seen += sum(face.is_sure for face in faces)
        looks = describe(sight.frame.picture, [face.box for face in faces])
        paused_s, self._still_s = sight.frame.still_s - self._still_s, sight.frame.still_s
        update = self._tracker.update(sight.frame.moving_s, faces, (width, height), looks, paused_s)
        news = list(self._closings([*cut_off, *update.closed]))
        for track_id in update.opened:
            self._open[track_id] = _Appearance(sight.event_ns, sight.event_ns)
        self.opened += len(update.opened)
        tracked = {track: place for place, track in zip(places, update.assigned, strict=True) if track is not None}
        return news + self._shots(tracked, sight, found)

    def end(self) -> list[News]:
        """Close every track, at the end of the source."""
        return list(self._closings(self._tracker.close_all()))

    def _counting(self, faces: Sequence[SeenFace], size: tuple[int, int]) -> list[int]:
        """Places of the faces that count, in a frame of that width and height."""
        boxes = np.array([_ratios(face.box, size) for face in faces], np.float32).reshape(-1, 4)
        return [int(place) for place in np.flatnonzero(inside(self._regions, boxes))]

    def _shots(self, tracked: dict[str, int], sight: Sight, found: FoundFaces) -> list[News]:
        """Those that are to be sent now, of the tracks with the places of their faces."""
        worth = [shot for track, place in tracked.items() if (shot := self._see(track, sight, found, place))]
        if worth:
            owners = {shot.track_id: tracked[shot.track_id] for shot in worth}
            self._evidence.keep(sight.frame.picture, found.faces, owners)
        return [shot for shot in worth if self._open[shot.track_id].kept_back is not shot]

    def _see(self, track_id: str, sight: Sight, found: FoundFaces, place: int) -> Shot | None:
        """The shot, if this view is better than what the track had."""
        appearance, face = self._open[track_id], found.faces[place]
        height, width = sight.frame.picture.shape[:2]
        box = _ratios(face.box, (width, height))
        appearance.detections += 1
        appearance.last_ns = sight.event_ns
        appearance.path.add(PathPoint(sight.event_ns, box))
        if not face.is_sure:
            return None
        taken = appearance.choice.take(face.quality.overall)
        if not taken and not appearance.choice.keep_back(face.quality.overall):
            return None
        shot_id, crop = derived_id(track_id, str(sight.frame.index)), cut_crop(sight.frame.picture, face)
        times = (sight.event_ns, sight.frame_ns)
        shot = Shot(shot_id, track_id, *times, box, face, crop, found.detector_id, sight.span)
        appearance.kept_back = None if taken else shot
        return shot

    def _closings(self, closed: list[str]) -> Iterable[News]:
        for track_id in closed:
            seen = self._open.pop(track_id)
            shots = seen.choice.sent
            if seen.kept_back is not None:
                shots += 1
                yield seen.kept_back
            path = tuple(seen.path.points())
            yield Closing(track_id, seen.first_ns, seen.last_ns, seen.detections, shots, path)


def _ratios(box: NDArray[np.float32], size: tuple[int, int]) -> tuple[float, ...]:
    """Left, top, right, bottom in ratios of a frame of that width and height."""
    return tuple(float(edge) / side for edge, side in zip(box, (*size, *size), strict=True))
