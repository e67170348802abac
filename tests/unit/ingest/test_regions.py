"""Which faces count."""

import numpy as np
import pytest

from sightline.ingest.regions import inside

SQUARE = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
CORNER = ((0.9, 0.9), (1.0, 0.9), (1.0, 1.0))
HORSESHOE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.7, 0.9), (0.7, 0.3), (0.3, 0.3), (0.3, 0.9), (0.1, 0.9))
BOW_TIE = ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9))
PENTAGRAM = tuple((0.5 + 0.4 * np.sin(turn), 0.5 - 0.4 * np.cos(turn)) for turn in np.arange(5) * 0.8 * np.pi)


def _around(*middles, side=0.3):
    return np.array([[x - side / 2, y - side / 2, x + side / 2, y + side / 2] for x, y in middles], np.float32)


def test_without_regions_all_count():
    """No regions is all of the frame, also for what reaches over the border."""
    assert inside((), _around((0.5, 0.5), (-0.1, 0.5))).all()


@pytest.mark.parametrize(
    ("region", "within", "without"),
    [
        (SQUARE, [(0.4, 0.4), (0.21, 0.59)], [(0.19, 0.4), (0.61, 0.4), (0.4, 0.7), (-0.2, 0.4)]),
        (HORSESHOE, [(0.2, 0.8), (0.8, 0.8), (0.5, 0.2)], [(0.5, 0.6), (0.5, 0.95), (0.95, 0.5)]),
        (BOW_TIE, [(0.2, 0.5), (0.8, 0.5)], [(0.5, 0.2), (0.5, 0.8)]),
        (PENTAGRAM, [(0.5, 0.5), (0.5, 0.15)], [(0.5, 0.9), (0.2, 0.2)]),
    ],
    ids=["square", "horseshoe", "bow tie", "pentagram"],
)
def test_the_middle_of_the_box_decides(region, within, without):
    """A face counts when its middle lies in the polygon, in whichever direction that is drawn."""
    for drawn in (region, region[::-1]):
        assert inside((drawn,), _around(*within)).all()
        assert not inside((drawn,), _around(*without)).any()


def test_one_of_several_regions_is_enough():
    """Regions add up."""
    found = inside((SQUARE, CORNER), _around((0.4, 0.4), (0.97, 0.93), (0.8, 0.8)))
    assert found.tolist() == [True, True, False]


def test_no_faces_are_no_faces():
    """A frame without faces gives an empty answer, with regions and without."""
    empty = np.empty((0, 4), np.float32)
    assert inside((SQUARE,), empty).shape == inside((), empty).shape == (0,)
