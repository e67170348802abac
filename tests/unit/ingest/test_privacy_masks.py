"""Areas that are painted over."""

import numpy as np

from sightline.ingest.privacy_masks import PrivacyMasks

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def _burnt(*outlines, shape=(80, 160, 3)):
    """Where a white picture is black afterwards."""
    picture = np.full(shape, 255, np.uint8)
    PrivacyMasks(outlines).burn(picture)
    return (picture == 0) if picture.ndim == 2 else (picture == 0).all(axis=2)


def test_every_pixel_that_the_area_touches_is_black_and_no_other():
    """A square of ratios covers its pixels in colour and grey pictures of any size, and at most one pixel more."""
    for shape in ((80, 160, 3), (80, 160), (135, 240)):
        black = _burnt(SQUARE, shape=shape)
        height, width = shape[:2]
        assert black[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4].all()
        assert not black[: height // 4 - 1].any()
        assert not black[:, width * 3 // 4 + 1 :].any()


def test_areas_that_overlap_leave_no_hole():
    """Two masks over one another cover both areas whole."""
    shifted = tuple((x + 0.125, y) for x, y in SQUARE)
    assert np.array_equal(_burnt(SQUARE, shifted), _burnt(SQUARE) | _burnt(shifted))


def test_what_a_crossed_outline_encloses_is_covered():
    """The middle of a star drawn in one stroke is covered too; what lies outside of it is not."""
    points = [(0.5 + 0.4 * np.sin(turn), 0.5 - 0.4 * np.cos(turn)) for turn in np.arange(5) * 0.8 * np.pi]
    black = _burnt(points, shape=(200, 200, 3))
    assert black[100, 100]
    assert black[30, 100]
    assert not black[20:60, 20:60].any()


def test_areas_around_a_place_leave_it_free():
    """Four masks may frame what is to be seen."""
    frame = [
        ((0.0, 0.0), (1.0, 0.0), (1.0, 0.2), (0.0, 0.2)),
        ((0.0, 0.8), (1.0, 0.8), (1.0, 1.0), (0.0, 1.0)),
        ((0.0, 0.0), (0.2, 0.0), (0.2, 1.0), (0.0, 1.0)),
        ((0.8, 0.0), (1.0, 0.0), (1.0, 1.0), (0.8, 1.0)),
    ]
    black = _burnt(*frame, shape=(100, 100, 3))
    assert not black[25:75, 25:75].any()
    assert black[:20].all()
    assert black[80:].all()


def test_areas_at_the_border_are_no_error():
    """Corners on the border, and an area without extent, cover what they touch."""
    assert _burnt(((0, 0), (1, 0), (1, 1)), shape=(100, 100, 3))[1, 99]
    assert _burnt(((0.5, 0.5), (0.5, 0.5), (0.5, 0.5))).sum() in {1, 2, 4}
