"""Crops, and which views are sent."""

import cv2
import numpy as np
import pytest

from sightline.chassis.picture import decode_picture
from sightline.ingest.shots import ShotChoice, cut_crop


@pytest.mark.parametrize(("x", "y", "size"), [(320, 240, 60), (320, 240, 300), (5, 235, 80), (638, 478, 120)])
def test_landmarks_follow_the_face_into_the_crop(seen_face, x, y, size):
    """A dot on each landmark inside the frame is found where the crop's landmarks say, also at the border."""
    picture = np.full((480, 640, 3), 40, np.uint8)
    face = seen_face(x, y, size)
    for point in face.landmarks:
        cv2.circle(picture, [round(float(value)) for value in point], max(size // 25, 2), (255, 255, 255), -1)
    crop = cut_crop(picture, face)
    pixels = decode_picture(crop.jpeg)
    assert pixels.shape == (crop.side, crop.side, 3)
    assert crop.side == min(round(1.6 * size), 256)
    for point, inside in zip(face.landmarks, crop.landmarks * crop.side, strict=True):
        if 0 <= point[0] < 639 and 0 <= point[1] < 479:
            column, row = np.clip(inside.round().astype(int), 0, crop.side - 1)
            assert pixels[row, column].min() > 150


def test_a_crop_beyond_the_border_is_mirrored(seen_face):
    """No black bars: what lies outside is the picture's own mirror image, however far it reaches."""
    picture = np.full((20, 30, 3), 200, np.uint8)
    assert decode_picture(cut_crop(picture, seen_face(0, 0, 100)).jpeg).min() > 190


def test_the_first_good_view_goes_at_once_and_then_better_ones():
    """Each further view has to be a tenth better than the best sent, and there are at most four."""
    choice = ShotChoice()
    views = [0.1, 0.5, 0.52, 0.56, 0.5, 0.7, 0.9, 1.0]
    assert [view for view in views if choice.take(view)] == [0.5, 0.56, 0.7, 0.9]


def test_a_track_without_a_good_view_keeps_its_best():
    """The best of the bad views is kept for the end; once a good one was sent none is."""
    choice = ShotChoice()
    assert [choice.keep_back(view) for view in (0.1, 0.05, 0.2)] == [True, False, True]
    assert choice.take(0.5)
    assert not choice.keep_back(0.25)
