from __future__ import annotations

import numpy as np
import pytest

from sightline.chassis.picture import decode_picture
from sightline.embed.reference import cut_reference

# Eyes 40 px apart, 50 px above the mouth, in the middle of a picture of 1000 x 800.
_POINTS = np.array([[480, 375], [520, 375], [500, 400], [485, 425], [515, 425]], np.float32)


def picture(width=1000, height=800):
    """Every pixel says where it is."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)[None, :]
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    return pixels


def test_the_face_is_in_it_with_room_around():
    """A square of five times the face's measure, and nothing else of the picture; the landmarks point at the same."""
    pixels = picture()
    jpeg, landmarks = cut_reference(pixels, _POINTS / [1000, 800])
    cut = decode_picture(jpeg)
    assert cut.shape == (250, 250, 3)
    for inside, outside in zip(landmarks * [250, 250], _POINTS, strict=True):
        x, y = np.rint(inside).astype(int)
        there = pixels[int(outside[1]), int(outside[0])].astype(int)
        assert np.abs(cut[y, x].astype(int) - there).max() <= 4


def test_what_is_kept_is_small():
    """However large the picture, at most 512 px a side are kept, and the landmarks stay ratios."""
    jpeg, landmarks = cut_reference(picture(5000, 4000), _POINTS / [1000, 800])
    assert decode_picture(jpeg).shape == (512, 512, 3)
    assert landmarks == pytest.approx(cut_reference(picture(), _POINTS / [1000, 800])[1], abs=0.01)


def test_a_face_at_the_border_is_cut_where_the_picture_ends():
    """There is less of it, and the landmarks are still where they were, also those that lie outside."""
    moved = _POINTS - [480, 370]
    jpeg, landmarks = cut_reference(picture(), moved / [1000, 800])
    height, width = decode_picture(jpeg).shape[:2]
    assert (width, height) == (145, 156)
    assert landmarks * [width, height] == pytest.approx(moved, abs=0.5)
