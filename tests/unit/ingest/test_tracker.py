"""Which faces are one appearance."""

import csv
import re

import numpy as np
import pytest

from sightline.ingest.tracker import CLOSE_AFTER_S, FaceTracker


def _look(tracker, time, faces):
    return tracker.update(time, faces, (1200, 450))


def _play(tracker, moments):
    """Feed (time, faces); gives the tracks assigned at each moment."""
    return [_look(tracker, time, faces).assigned for time, faces in moments]


@pytest.mark.parametrize("fps", [2, 3, 5])
@pytest.mark.parametrize("speed", [60, 150])
def test_two_people_crossing_are_two_tracks(seen_face, fps, speed):
    """Two who walk past each other, one a little higher, keep their own tracks."""
    tracker = FaceTracker()
    moments = []
    for number in range(6 * fps):
        time = number / fps
        left, right = seen_face(600 + speed * (time - 3), 200), seen_face(600 - speed * (time - 3), 215)
        moments.append((time, [left, right] if number % 2 else [right, left]))
    assigned = _play(tracker, moments)
    lefts = {tracks[0] if number % 2 else tracks[1] for number, tracks in enumerate(assigned)}
    rights = {tracks[1] if number % 2 else tracks[0] for number, tracks in enumerate(assigned)}
    assert len(lefts) == len(rights) == 1
    assert lefts != rights


def test_the_one_behind_may_vanish_while_they_cross(seen_face):
    """Where the farther face is not found for a moment in the middle, it gets its own track back."""
    tracker = FaceTracker()
    moments = []
    for number in range(19):
        time = number / 3
        near, far = seen_face(100 + 90 * time, 200, 70), seen_face(640 - 90 * time, 205, 60)
        hidden = abs(float(near.box[0] - far.box[0])) < 50
        moments.append((time, [near] if hidden else [near, far]))
    assigned = _play(tracker, moments)
    assert {len(tracks) for tracks in assigned} == {1, 2}
    assert len({tracks[0] for tracks in assigned}) == 1
    assert len({tracks[1] for tracks in assigned if len(tracks) == 2}) == 1


def test_a_track_closes_when_it_was_not_seen(seen_face):
    """After a pause the same place is a new appearance; before, it is the old one."""
    tracker = FaceTracker()
    first = _look(tracker, 0.0, [seen_face(100, 100)])
    again = _look(tracker, CLOSE_AFTER_S, [seen_face(100, 100)])
    gone = _look(tracker, 2 * CLOSE_AFTER_S + 0.1, [])
    later = _look(tracker, 2 * CLOSE_AFTER_S + 0.4, [seen_face(100, 100)])
    assert again.assigned == first.opened
    assert gone.closed == first.opened
    assert later.opened != first.opened
    assert tracker.close_all() == later.opened


@pytest.mark.parametrize("missed", [False, True])
def test_half_alike_is_who_was_hidden_and_nobody_who_was_there_a_frame_before(seen_face, missed):
    """At one frame a second, too: who comes out from behind somebody is half covered, who takes their place is not."""
    tracker, there = FaceTracker(), [seen_face(300, 200)]
    look, half_alike = np.array([[1, 0]], np.float32), np.array([[0.5, 0.75**0.5]], np.float32)
    for second in range(3):
        first = tracker.update(second, there, (1200, 450), look)
    if missed:
        tracker.update(3, [], (1200, 450), np.empty((0, 2), np.float32))
    after = tracker.update(3 + 0.4 * missed, there, (1200, 450), half_alike)
    assert (after.assigned == first.assigned) == missed
    assert bool(after.opened) != missed


def test_who_stands_still_stays_and_who_left_in_a_pause_is_gone(seen_face):
    """While nothing moves the clock stands: a face overlooked once goes on, one missing twice is another's later."""
    tracker, size = FaceTracker(), (1200, 450)
    there, nobody, pause = [seen_face(300, 200)], [], 1.6
    looks = [there, nobody, there, nobody, nobody, there]
    updates = [tracker.update(0.4 * n, faces, size, paused_s=pause if n else 0) for n, faces in enumerate(looks)]
    first, again, later = (updates[n].assigned[0] for n in (0, 2, 5))
    assert first == again
    assert later != first
    assert updates[5].closed == [first]


def test_somebody_elsewhere_is_somebody_else(seen_face):
    """A face far away, or of another size, does not take over a track."""
    tracker = FaceTracker()
    first = _look(tracker, 0.0, [seen_face(100, 100)])
    update = _look(tracker, 0.33, [seen_face(500, 100), seen_face(100, 100, size=130)])
    assert first.opened[0] not in update.assigned
    assert len(update.opened) == 2


def test_who_walks_out_is_gone(seen_face):
    """Who left over the border is not whoever comes in there half a second later."""
    tracker = FaceTracker()
    for number, x in enumerate((205, 160, 120, 83, 41)):
        _look(tracker, number / 3, [seen_face(x, 245, 80)])
    assert _look(tracker, 2.0, [seen_face(27, 192, 97)]).opened


@pytest.mark.parametrize(("x", "y", "size"), [(405, 162, 65), (320, 150, 65), (299, 300, 99)])
def test_who_comes_after_a_pause_is_somebody_else(seen_face, x, y, size):
    """A face that comes a second after another one went, smaller or elsewhere, is a new appearance."""
    tracker = FaceTracker()
    for number in range(9):
        _look(tracker, number / 3, [seen_face(339 - 5 * number, 150, 65 + 4 * number)])
    assert _look(tracker, 3.9, [seen_face(x, y, size)]).opened


def test_unsure_faces_continue_tracks_and_open_none(seen_face):
    """A weak detection keeps a track alive (the second stage), but starts nothing."""
    tracker = FaceTracker()
    assert _look(tracker, 0.0, [seen_face(100, 100, sure=False)]).assigned == [None]
    opened = _look(tracker, 0.3, [seen_face(100, 100)]).opened
    assert _look(tracker, 0.6, [seen_face(105, 100, sure=False)]).assigned == opened


def test_ids_are_opaque_and_may_be_made_repeatable(seen_face):
    """Ids fit into NATS subjects; a caller who needs the same ids again gives the source of ids."""
    assert re.fullmatch("[a-z0-9]{26}", _look(FaceTracker(), 0.0, [seen_face(1, 1)]).opened[0])
    ids = iter("abc")
    assert _look(FaceTracker(lambda: next(ids)), 0.0, [seen_face(1, 1)]).opened == ["a"]


def test_every_appearance_of_a_real_timeline_is_one_track(seen_face, shared_media):
    """With the sizes and times of a real clip, walkers and shaking boxes, each appearance gives one track."""
    with (shared_media / "video" / "cctv_public_timeline.csv").open() as file:
        walks = [{key: row[key] for key in row} for row in csv.DictReader(file)]
    random = np.random.default_rng(7)
    tracker, opened = FaceTracker(), []
    for number in range(37 * 3):
        time, faces = number / 3, []
        for place, walk in enumerate(walks):
            start, end = float(walk["t_start_s"]), float(walk["t_end_s"])
            if start <= time <= end:
                part = (time - start) / (end - start)
                size = float(walk["face_px_start"]) * (1 - part) + float(walk["face_px_end"]) * part
                x = 60 + 420 * part if place % 2 else 520 - 420 * part
                faces.append(seen_face(*(random.normal([x, 180], 3)), size * random.normal(1, 0.03)))
        opened += _look(tracker, time, faces).opened
    assert len(opened) == len(walks)
