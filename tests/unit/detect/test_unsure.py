"""Faces of which a detector is not sure: given where they are asked for, and nothing else changes."""

import numpy as np
import pytest

from sightline.detect.detection import Detection, wanted
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine


@pytest.mark.parametrize("kind", ["scrfd", "yunet", "mtcnn"])
def test_the_sure_faces_are_the_same(make_pack, sample_paths, load_picture, kind):
    """With and without unsure ones the sure faces are equal to the last bit; over twenty pictures others are added."""
    pack = make_pack(kind)
    detector, added = open_detector(pack, Engine("cpu")), 0
    for picture in map(load_picture, sample_paths):
        faces, every = detector.detect(picture), detector.detect(picture, unsure=True)
        sure = [face for face in every if face.is_sure]
        assert [face.score for face in sure] == [face.score for face in faces]
        assert all(np.array_equal(one.box, other.box) for one, other in zip(sure, faces, strict=True))
        unsure = [face.score for face in every if not face.is_sure]
        assert all(0.4 * pack.detector.score_threshold <= score <= pack.detector.score_threshold for score in unsure)
        added += len(unsure)
    assert added


def test_a_smaller_face_than_was_wanted_is_unsure():
    """It is not given where only sure faces are wanted, and is marked where all are."""
    points = np.zeros((5, 2), np.float32)
    small, large = (Detection(np.array([0, 0, side, side], np.float32), points, 0.9) for side in (30, 50))
    assert wanted([small, large], 40, unsure=False) == [large]
    marked = wanted([small, large], 40, unsure=True)
    assert [face.is_sure for face in marked] == [False, True]
