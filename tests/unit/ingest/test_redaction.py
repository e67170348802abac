"""Everybody but one is made unrecognisable."""

import cv2
import numpy as np
import pytest

from sightline.ingest.redaction import others, redacted


@pytest.fixture
def picture():
    """(720, 1280, 3) of fine noise, so that every blurred place shows."""
    noise = np.random.default_rng(1).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST), np.uint8)


def box(x, y, side):
    return np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2], np.float32)


def detail(picture, place, margin=0):
    """How much detail the place and a margin around it have."""
    left, top, right, bottom = np.clip(place + np.array([-margin, -margin, margin, margin]), 0, None).astype(int)
    return float(cv2.Laplacian(picture[top:bottom, left:right], cv2.CV_64F).var())


def test_nothing_is_left_of_hidden_faces(picture):
    """Nothing of the detail of any hidden face is left, at the border too; the matched one is intact."""
    matched, hidden = box(300, 300, 120), np.stack([box(700, 300, 100), box(1278, 710, 90)])
    shown = redacted(picture, hidden, matched)
    assert detail(shown, matched, -5) == pytest.approx(detail(picture, matched, -5))
    for place in hidden:
        assert detail(shown, place, 10) < 0.01 * detail(picture, place, 10)


def test_hidden_faces_cannot_be_told_apart(picture):
    """What is left of a face is a few blocks: what tells it from another is not in the picture."""
    shown = redacted(picture, box(800, 300, 200)[None], box(300, 300, 60))
    patch = shown[200:400, 700:900]
    blocks = cv2.resize(cv2.resize(patch, (10, 10), interpolation=cv2.INTER_AREA), patch.shape[1::-1])
    assert float(np.abs(blocks.astype(int) - patch).mean()) < 3


def test_a_neighbour_stays_hidden_where_faces_touch(picture):
    """Where boxes overlap, hiding the neighbour wins over showing the matched face."""
    matched, neighbour = box(300, 300, 100), box(370, 300, 100)
    shown = redacted(picture, neighbour[None], matched)
    assert detail(shown, neighbour, -12) < 0.02 * detail(picture, neighbour, -12)
    assert shown[260:340, 255:310].std() > 40


def test_a_second_box_of_the_matched_face_does_not_hide_it():
    """The same face found again, and an unsure box within it, are no others; a sure face in front of it is."""
    matched = box(300, 300, 100)
    boxes = np.stack([box(305, 298, 104), box(310, 310, 40), box(320, 320, 40), box(360, 300, 60)])
    found = others(boxes, np.array([True, False, True, False]), matched)
    assert found.tolist() == boxes[2:].tolist()


def test_nobody_else_is_nobody():
    """A frame in which nothing else was found hides nothing."""
    assert len(others(np.empty((0, 4), np.float32), np.empty(0, bool), box(1, 1, 2))) == 0
