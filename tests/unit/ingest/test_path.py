"""The way of a face in a few points."""

import numpy as np
import pytest

from sightline.ingest.path import MAX_POINTS, Path, PathPoint


def _walked(count):
    path = Path()
    for number in range(count):
        path.add(PathPoint(number, (float(number),) * 4))
    return path


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 63, 64, 65, 1000, 5000])
def test_it_has_its_ends_and_at_most_32_points(count):
    """However long the track: the first and the last point are there, times rise, evenly."""
    points = _walked(count).points()
    times = [point.time_ns for point in points]
    assert (times[0], times[-1]) == (0, count - 1)
    assert len(times) == min(count, MAX_POINTS)
    gaps = np.diff(times)
    assert (gaps > 0).all()
    assert max(gaps, default=0) <= 3 * max(1, count / MAX_POINTS)


def test_it_stays_small():
    """Memory does not grow with the track."""
    assert len(_walked(100_000)._points) < 2 * MAX_POINTS  # inside: how much is remembered is the claim


def test_nothing_is_an_empty_way():
    """A path without points gives none."""
    assert Path().points() == []
