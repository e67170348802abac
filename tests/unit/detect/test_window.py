import numpy as np
import pytest

from sightline.detect.window import Window, show, tiles, whole

SIZE = (640, 640)


@pytest.mark.parametrize("picture", [(7680, 4320), (1920, 1080), (6000, 300), (641, 640)])
@pytest.mark.parametrize("min_face", [12, 40, 100])
def test_every_face_lies_whole_in_a_window_that_shows_it(picture, min_face):
    """A square anywhere, from the smallest face wanted to half the picture, is 23 px or more in some window."""
    windows = [whole(picture, SIZE), *tiles(picture, SIZE, min_face)]
    rng = np.random.default_rng(9)
    for side in np.geomspace(max(min_face, 24), max(picture) / 2, 12):
        if side > min(picture):
            continue
        for x, y in rng.random((50, 2)) * (np.array(picture) - side):
            showing = [
                window.scale * side
                for window in windows
                if window.left <= x
                and window.top <= y
                and x + side <= window.left + window.width
                and y + side <= window.top + window.height
            ]
            assert max(showing) >= 23


def test_a_picture_of_the_input_size_needs_no_tiles():
    """Nothing is gained by looking at parts of it, and nothing is enlarged."""
    assert list(tiles((640, 480), SIZE, 10)) == []
    assert max(window.scale for window in tiles((7680, 4320), SIZE, 10)) <= 1


def test_a_view_knows_where_it_lies():
    """Pixels, scale, corner, and limits only on the sides where the picture goes on."""
    picture = np.arange(100 * 200 * 3, dtype=np.uint8).reshape(100, 200, 3)
    view = show(picture, Window(0, 20, 64, 64, (64, 64)))
    assert (view.pixels == picture[20:84, :64]).all()
    assert view.scale == 1
    assert view.corner.tolist() == [0, 20]
    assert view.limits.tolist() == [-np.inf, 20, 64, 84]
    assert np.isinf(show(picture, whole((200, 100), (64, 64))).limits).all()


def test_a_trimmed_view_is_the_whole_one_without_its_black():
    """Sides are multiples of the step, the pixels and the scale those of the square, and what is left out is black."""
    rng = np.random.default_rng(3)
    for width, height in [(1280, 720), (640, 640), (1, 700), *rng.integers(1, 1500, (200, 2)).tolist()]:
        picture = np.full((height, width, 3), 255, np.uint8)
        for enlarge in (True, False):
            square, trimmed = (
                show(picture, whole((width, height), SIZE), enlarge=enlarge, step=step) for step in (None, 32)
            )
            rows, columns = trimmed.pixels.shape[:2]
            assert trimmed.scale == square.scale
            assert rows % 32 == columns % 32 == 0
            assert np.array_equal(trimmed.pixels, square.pixels[:rows, :columns])
            assert not square.pixels[rows:].any()
            assert not square.pixels[:, columns:].any()
            assert trimmed.pixels[-32:].any()
            assert trimmed.pixels[:, -32:].any()
