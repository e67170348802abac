import cv2
import numpy as np

from sightline.detect.nms import suppress


def test_it_equals_opencv_on_random_boxes():
    """The same boxes stay, in the same order, as with OpenCV's NMSBoxes."""
    rng = np.random.default_rng(3)
    corners = rng.integers(0, 200, (300, 2))
    boxes = np.hstack([corners, corners + rng.integers(10, 60, (300, 2))])
    scores = (1 + rng.permutation(300).astype(np.float32)) / 300
    rectangles = [(int(a), int(b), int(c - a), int(d - b)) for a, b, c, d in boxes]
    expected = cv2.dnn.NMSBoxes(rectangles, scores.tolist(), 0.0, 0.4)
    assert suppress(boxes, scores, 0.4).tolist() == list(expected)


def test_a_box_inside_another_goes_when_the_smaller_counts():
    """A small box inside a large one overlaps little by union, and wholly by the smaller area."""
    boxes, scores = np.array([[0, 0, 100, 100], [40, 40, 60, 60]]), np.array([0.9, 0.8], np.float32)
    assert suppress(boxes, scores, 0.5).tolist() == [0, 1]
    assert suppress(boxes, scores, 0.5, over_smaller=True).tolist() == [0]


def test_nothing_stays_of_nothing():
    """No boxes give no indices."""
    assert len(suppress(np.empty((0, 4)), np.empty(0, np.float32), 0.5)) == 0
