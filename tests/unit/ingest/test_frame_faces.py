"""Faces of stored video, whosever they are, in pieces behind which a reading can go on."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.ingest.appearances import Sight
from sightline.ingest.detect_client import FoundFaces
from sightline.ingest.frame_faces import ENOUGH_FACES, MOST_FRAMES, FrameFaces
from sightline.ingest.frames import Frame
from sightline.v1 import records_pb2

FPS = 3
PICTURE = np.zeros((120, 160, 3), np.uint8)
BEGINNING = records_pb2.VideoJobCheckpoint()


def read(faces_of, frames, start=BEGINNING):
    """The pieces of so many frames, from a checkpoint on."""
    noted, pieces = FrameFaces(start), []
    for index in range(start.frames, frames):
        sight = Sight(Frame(index, index / FPS, PICTURE, origin_s=0.5), 0, 0)
        pieces += noted.look(sight, FoundFaces(tuple(faces_of(index)), "d"))
    return [*pieces, *noted.end()], noted


def test_a_face_is_noted_as_the_detector_says_it(seen_face):
    """In ratios of the frame, with its angles and quality, the largest of a frame first; what is unsure is left out."""
    faces = [seen_face(40, 60, 20), seen_face(80, 60, 40, quality=0.6), seen_face(120, 60, sure=False)]
    [piece], noted = read(lambda _: faces, 1)
    large, small = [each.face for each in piece.faces]
    assert (large.bounding_box.left, large.bounding_box.width) == (pytest.approx(60 / 160), pytest.approx(0.25))
    assert (large.landmarks.nose.x, large.landmarks.nose.y) == (pytest.approx(0.5), pytest.approx(64 / 120))
    assert (large.quality.overall, large.quality.inter_eye_distance) == (pytest.approx(0.6), pytest.approx(16))
    assert small.bounding_box.width == pytest.approx(0.125)
    assert (noted.seen, noted.opened) == (2, 0)


def test_pieces_end_by_frames_and_by_faces(seen_face):
    """Of few faces a piece has 64 frames; of many as many as bring it to 256 faces."""
    few, _ = read(lambda _: [], 2 * MOST_FRAMES + 1)
    assert [piece.first_frame for piece in few] == [0, MOST_FRAMES, 2 * MOST_FRAMES]
    many, noted = read(lambda _: [seen_face(80, 60)] * 100, 7)
    assert [piece.first_frame for piece in many] == [0, 3, 6]
    assert max(len(piece.faces) for piece in many) < ENOUGH_FACES + 100
    assert noted.seen == 700


def test_a_reading_that_goes_on_finds_the_rest(seen_face):
    """From the end of any piece on come the pieces that a whole reading has behind it, and its counts."""

    def shown(index):
        return [seen_face(40 + index % 80, 60)] * (index % 5)

    whole, noted = read(shown, 300)
    for done, piece in enumerate(whole[:-1], 1):
        assert piece.end.media_seconds == pytest.approx(piece.end.frames / FPS)
        assert piece.end.origin_seconds == pytest.approx(0.5)
        rest, again = read(shown, 300, piece.end)
        assert rest == whole[done:]
        assert (again.seen, again.frames) == (noted.seen, noted.frames)
    assert len(whole) > 3
