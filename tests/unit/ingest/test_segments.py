"""Pieces of a stored video: what is settled up to where, and that a reading from a piece on repeats the whole one."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.ingest.appearances import Closing, Shot, Sight
from sightline.ingest.detect_client import FoundFaces
from sightline.ingest.face import FaceQuality, HeadPose, SeenFace
from sightline.ingest.frames import Frame
from sightline.ingest.job_reading import NothingKept
from sightline.ingest.segments import LONGEST_S, SHORTEST_S, SegmentedAppearances, Segments
from sightline.v1 import records_pb2

FPS = 4
PICTURE = np.zeros((120, 160, 3), np.uint8)
BEGINNING = records_pb2.VideoJobCheckpoint()


def face_at(x: float) -> SeenFace:
    """A sure face of 30 pixels."""
    box = np.array([x, 40, x + 30, 70], np.float32)
    marks = np.array([[x + 10, 50], [x + 20, 50], [x + 15, 58], [x + 11, 64], [x + 19, 64]], np.float32)
    return SeenFace(box, marks, 0.9, HeadPose(0, 0, 0), FaceQuality(0.8, 0.8, 0.8, 10))


def walks(*spans):
    """What a video shows at a moment: a face that moves, in each of these spans of seconds."""
    return lambda media_s: [face_at(20 + 5 * (media_s - a)) for a, b in spans if a <= media_s < b]


def read(shown, seconds, start=BEGINNING, segments=None):
    """News of the frames from a checkpoint on: ids of shots, and of closings with their span."""
    appearances = SegmentedAppearances("a" * 26, start, segments or Segments(start), NothingKept())
    news = []
    for index in range(start.frames, int(seconds * FPS)):
        media_s = index / FPS
        frame = Frame(index, media_s, PICTURE)
        news += appearances.look(Sight(frame, round(media_s * 1e9), 0), FoundFaces(tuple(shown(media_s)), "d"))
    return [*news, *appearances.end()], appearances


def told(news):
    """What of it reaches others."""
    shots = [(each.track_id, each.shot_id, each.crop.jpeg) for each in news if isinstance(each, Shot)]
    return shots, [each for each in news if isinstance(each, Closing)]


def test_a_checkpoint_waits_for_every_track_before_it():
    """It moves past a piece when all of its tracks are settled, whatever of later pieces is."""
    segments = Segments(BEGINNING)
    ends = [records_pb2.VideoJobCheckpoint(frames=frames) for frames in (10, 20)]
    for track, end in zip("ab", ends, strict=True):
        segments.owe(track)
        segments.end(end)
    assert segments.checkpoint() == BEGINNING
    segments.settle("b")
    assert segments.checkpoint() == BEGINNING
    segments.settle("a")
    assert segments.checkpoint() == ends[1]


@pytest.mark.parametrize("busy", [True, False], ids=["crowded", "quiet"])
def test_reading_on_from_any_checkpoint_repeats_the_whole_reading(busy):
    """From each piece on the same tracks come with the same ids, shots and counts."""
    spans = [(0, 500)] if busy else [(first, first + 6) for first in range(1, 250, 9)]
    ends = []
    segments = Segments(BEGINNING)
    segments.end = ends.append
    news, whole = read(walks(*spans), 250, segments=segments)
    assert len(ends) == (int(250 / LONGEST_S) if busy else 20)
    shots, closings = told(news)
    for start in ends:
        again, rest = read(walks(*spans), 250, start)
        more_shots, more_closings = told(again)
        assert more_shots == shots[-len(more_shots) :]
        assert more_closings == closings[-len(more_closings) :]
        assert min(closing.first_ns for closing in more_closings) >= round(start.media_seconds * 1e9)
        assert (rest.frames, rest.faces, rest.tracks) == (whole.frames, whole.faces, whole.tracks)


def test_a_piece_ends_where_nobody_is_in_sight():
    """Not before ten seconds, and not while somebody is there."""
    ends = []
    segments = Segments(BEGINNING)
    segments.end = ends.append
    read(walks((2, 5), (8, 12)), 20, segments=segments)
    assert [end.media_seconds for end in ends] == [pytest.approx(12.5)]
    assert SHORTEST_S < 12.5
