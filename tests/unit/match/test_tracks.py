"""What is kept of a running appearance."""

from __future__ import annotations

from fakes import vector_of

from sightline.match.tracks import MAX_SHOTS, Track
from sightline.v1 import records_pb2


def test_a_track_keeps_its_best_shots_in_any_order():
    """Of more than eight shots the eight of the highest quality stay, whatever came first."""
    qualities = {f"shot{n}": n / 10 for n in range(12)}
    forward, backward = (Track("t", records_pb2.TrackRecord(), None) for _ in range(2))
    for shot, quality in qualities.items():
        forward.add(shot, quality, vector_of(shot))
    for shot, quality in reversed(qualities.items()):
        backward.add(shot, quality, vector_of(shot))
    assert set(forward.record.shots) == set(backward.record.shots) == set(list(qualities)[-MAX_SHOTS:])
    assert forward.fused("shot11", -1.0).tobytes() == backward.fused("shot11", -1.0).tobytes()
