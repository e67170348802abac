"""What is kept of a running appearance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from fakes import vector_near, vector_of
from hypothesis import given
from hypothesis import strategies as st

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


LEAST = 0.5
LOOKS = [vector_near(name, cosine) for name in ("ann", "ben") for cosine in (1.0, 0.9, 0.7)]
SHOTS = st.lists(st.tuples(st.floats(0, 1, width=32), st.sampled_from(LOOKS)), min_size=1, max_size=MAX_SHOTS)


def track_of(shots):
    """A track of (id, (quality, vector))."""
    track = Track("t", records_pb2.TrackRecord(), None)
    for name, (quality, vector) in shots:
        track.add(name, quality, vector)
    return track


@given(SHOTS.flatmap(lambda shots: st.tuples(st.just(shots), st.permutations(list(enumerate(shots))))))
def test_whom_a_track_shows_does_not_depend_on_the_order_of_its_shots(case):
    """The same shots in any order show the same people, of whom the first is whom the best shot shows."""
    shots, shuffled = case
    named = {str(number): shot for number, shot in enumerate(shots)}
    track = track_of(named.items())
    people, again = (each.people(LEAST) for each in (track, track_of((str(n), shot) for n, shot in shuffled)))
    assert [(one.shot_id, one.vector.tobytes()) for one in people] == [
        (one.shot_id, one.vector.tobytes()) for one in again
    ]
    best = max(named, key=lambda name: (named[name][0], name))
    assert people[0].shot_id == best
    assert people[0].vector.tobytes() == track.fused(best, LEAST).tobytes()
    for one, other in itertools.combinations(people, 2):
        assert float(named[one.shot_id][1] @ named[other.shot_id][1]) < LEAST


def test_shots_of_two_people_are_two_templates():
    """Each has the shots of one alone, the best of them first; of one person there is one, of all shots."""
    ann, ben = [vector_near("ann", cosine) for cosine in (0.99, 0.97)], [vector_near("ben", 0.99), vector_of("ben")]
    track = track_of(zip("1234", zip((0.5, 0.9, 0.6, 0.4), [ann[0], ben[0], ann[1], ben[1]], strict=True), strict=True))
    first, second = track.people(LEAST)
    assert (first.shot_id, second.shot_id) == ("2", "3")
    assert float(first.vector @ vector_of("ben")) == pytest.approx(1, abs=0.01)
    assert float(second.vector @ vector_of("ann")) == pytest.approx(1, abs=0.02)
    alone = track_of(zip("12", zip((0.5, 0.9), ann, strict=True), strict=True))
    assert [one.shot_id for one in alone.people(LEAST)] == ["2"]
    assert np.array_equal(alone.people(LEAST)[0].vector, alone.fused("1", -1.0))
