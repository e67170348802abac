"""How much heads look alike."""

import numpy as np
import pytest

from sightline.ingest.likeness import SAME, STRANGER, STRANGER_LOST, describe, weigh
from sightline.ingest.motion import FORBIDDEN

RED, BLUE = ((180, 60, 50), (90, 30, 25)), ((30, 30, 90), (60, 70, 200))


def _scene(*heads):
    """A picture with heads of one colour above and another below, at x, y; and their boxes."""
    picture, boxes = np.full((300, 600, 3), 110, np.uint8), []
    for x, y, (above, below) in heads:
        picture[y - 40 : y, x - 30 : x + 30] = above
        picture[y : y + 40, x - 30 : x + 30] = below
        boxes.append(np.array([x - 25, y - 25, x + 25, y + 30], np.float32))
    return picture, boxes


@pytest.mark.parametrize(("light", "least"), [(1.0, SAME), (0.85, STRANGER)], ids=["same light", "less light"])
def test_a_head_is_like_itself_elsewhere_and_unlike_another(light, least):
    """Moved, a head is the same; in less light it is still no stranger; one of other colours is."""
    looks = describe(*_scene((100, 100, RED), (400, 150, BLUE)))
    picture, boxes = _scene((300, 200, RED))
    again = describe(np.asarray(picture * light, np.uint8), boxes)
    same, other = looks @ again[0]
    assert same > least
    assert other < STRANGER
    assert np.linalg.norm(looks, axis=1) == pytest.approx(1)


def test_a_face_beyond_the_border_has_a_look():
    """Partly outside it is described by what can be seen; wholly outside it is like nobody."""
    picture, _ = _scene((100, 100, RED))
    boxes = [np.array([110, -20, 160, 70], np.float32), np.array([700, 10, 750, 60], np.float32)]
    part, nothing = describe(picture, boxes)
    assert np.linalg.norm(part) == pytest.approx(1)
    assert not nothing.any()
    assert describe(picture, []).shape == (0, len(part))


def test_flat_heads_are_alike():
    """Where there is no pattern to compare, as in the dark, the noise of the sensor makes nobody a stranger."""
    noise = np.random.default_rng(3).normal(0, 4, (2, 300, 600, 3))
    first, second = (
        describe(np.clip(20 + each, 0, 255).astype(np.uint8), [np.array([50, 50, 150, 150])]) for each in noise
    )
    assert (first @ second.T)[0, 0] > SAME


def test_looks_decide_where_motion_does_not():
    """Two tracks and two faces at about the same places go by looks; far from everybody else looks do not count."""
    like = np.array([[0.6, 0.95], [0.95, 0.6]], np.float32)
    seen = np.zeros(2, bool)
    close = weigh(np.array([[0.5, 0.6], [0.6, 0.5]]), like, seen)
    assert close[0, 1] + close[1, 0] < close[0, 0] + close[1, 1]
    clear = np.array([[0.5, 4.0], [4.0, 0.5]])
    assert (weigh(clear, like, seen) == clear).all()


def test_a_stranger_takes_over_no_track():
    """Where motion fits and the looks are wholly others it is forbidden; less so where the track was lost."""
    costs, between = np.array([[0.1]]), np.array([[(STRANGER + STRANGER_LOST) / 2]], np.float32)
    assert weigh(costs, between, np.array([False]))[0, 0] >= FORBIDDEN
    assert weigh(costs, between, np.array([True]))[0, 0] == pytest.approx(0.1)
    assert weigh(costs, between - 0.1, np.array([True]))[0, 0] >= FORBIDDEN
