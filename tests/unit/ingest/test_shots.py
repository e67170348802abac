"""Crops."""

import cv2
import numpy as np
import pytest

from sightline.chassis.picture import decode_picture
from sightline.ingest.shots import cut_crop


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


@pytest.mark.parametrize(
    ("x", "y", "size", "rows", "columns"),
    [
        (0, 240, 60, (192, 288), (0, 48)),
        (0, 0, 60, (0, 48), (0, 48)),
        (639, 479, 60, (431, 480), (591, 640)),
        (0, 240, 300, (0, 480), (0, 240)),
        (320, 240, 600, (0, 480), (0, 640)),
    ],
)
def test_people_see_no_mirror(seen_face, x, y, size, rows, columns):
    """Of a crop that goes beyond the frame people get what is inside, to the rounding of JPEG."""
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 250, 640)
    picture[..., 1] = np.linspace(0, 250, 480)[:, None]
    shown = decode_picture(cut_crop(picture, seen_face(x, y, size)).shown)
    inside = picture[slice(*rows), slice(*columns)]
    scale = min(1.0, 256 / (1.6 * size))
    assert shown.shape[:2] == pytest.approx(np.array(inside.shape[:2]) * scale, abs=1)
    resized = cv2.resize(inside, shown.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(int) - resized).max() < 16


def test_a_crop_inside_the_frame_is_what_people_see(seen_face):
    """There is no second one."""
    assert cut_crop(np.full((480, 640, 3), 40, np.uint8), seen_face(320, 240, 60)).shown == b""
