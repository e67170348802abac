"""What is known of a running appearance: its best shots, and what was said about it. In memory only, for a minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from nats.js.errors import KeyDeletedError, KeyNotFoundError, KeyWrongLastSequenceError

from sightline.chassis import tracing
from sightline.chassis.errors import Conflict
from sightline.chassis.fusion import fused
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

    from sightline.match.vectors import Vector

MAX_SHOTS = 8


@dataclass(frozen=True)
class Shown:
    """Somebody whom a track shows: their best shot, and one unit vector of all of theirs."""

    shot_id: str
    vector: Vector


@dataclass
class Track:
    """A track as it was read, with the revision that a write must still meet (None: it is new)."""

    id: str
    record: records_pb2.TrackRecord
    revision: int | None

    def add(self, shot_id: str, quality: float, vector: Vector, span: tracing.Span = tracing.NOWHERE) -> None:
        """Puts in a shot; the best eight by quality stay. The same shot again changes nothing."""
        trace = tracing.outgoing(span).get(tracing.HEADER, "") if span.is_recording() else ""
        shot = records_pb2.TrackShot(quality=quality, vector=vector.tolist(), traceparent=trace)
        self.record.shots[shot_id].CopyFrom(shot)
        if len(self.record.shots) > MAX_SHOTS:
            worst = min(self.record.shots, key=lambda key: (self.record.shots[key].quality, key))
            del self.record.shots[worst]

    def traces(self) -> list[str]:
        """Of each shot whose handling was recorded, its `traceparent`."""
        return [shot.traceparent for shot in self.record.shots.values() if shot.traceparent]

    def fused(self, shot_id: str, least: float) -> Vector:
        """One unit vector of the shots that show whom that one shows.

        Shots that are less like it than `least`, a cosine, show somebody whom ingest took for the same person: of
        two people together there would be a template of nobody, and the one's name beside the other's picture.
        """
        shots = self._shots()
        _, shown = shots.get(shot_id) or max(shots.values(), key=lambda shot: (shot[0], shot[1].tobytes()))
        return fused((quality, vector) for quality, vector in shots.values() if float(vector @ shown) >= least)

    def people(self, least: float) -> list[Shown]:
        """Everybody whom the track shows: of the best shot those that are like it, of the best of the rest, and so on.

        The first one is what `fused` gives for the best shot.
        """
        left, found = self._shots(), []
        while left:
            shot_id = max(left, key=lambda key: (left[key][0], key))
            _, shown = left[shot_id]
            theirs = {key for key, (_, vector) in left.items() if float(vector @ shown) >= least} | {shot_id}
            found.append(Shown(shot_id, fused(left[key] for key in theirs)))
            left = {key: shot for key, shot in left.items() if key not in theirs}
        return found

    def _shots(self) -> dict[str, tuple[float, Vector]]:
        """By id the quality and the template of each."""
        return {key: (shot.quality, np.array(shot.vector, np.float32)) for key, shot in self.record.shots.items()}


class Tracks:
    """The `tracks` bucket; writes are compare-and-set."""

    def __init__(self, bucket: KeyValue) -> None:
        self._bucket = bucket

    async def get(self, track_id: str) -> Track:
        """The track as it is known now; an empty one where it is new."""
        try:
            entry = await self._bucket.get(track_id)
        except (KeyNotFoundError, KeyDeletedError):
            return Track(track_id, records_pb2.TrackRecord(), None)
        return Track(track_id, records_pb2.TrackRecord.FromString(entry.value or b""), entry.revision)

    async def put(self, track: Track) -> None:
        """Writes it back. Raises Conflict TRACK_CHANGED, where somebody else wrote in between."""
        data = track.record.SerializeToString()
        try:
            if track.revision is None:
                await self._bucket.create(track.id, data)
            else:
                await self._bucket.update(track.id, data, track.revision)
        except KeyWrongLastSequenceError as error:
            raise Conflict("TRACK_CHANGED", "The track was changed in between; it is read again.") from error
