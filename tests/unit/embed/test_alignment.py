import numpy as np
import pytest
from insightface.utils import face_align

from sightline.chassis.errors import InvalidInput
from sightline.embed.alignment import ARCFACE5, similarity, template


@pytest.mark.filterwarnings("ignore:`estimate` is deprecated:FutureWarning")  # insightface's, not ours
def test_the_matrix_equals_insightfaces():
    """The similarity is the one that scikit-image's Umeyama finds, for distorted landmarks too."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        angle = rng.uniform(0, 2 * np.pi)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = (ARCFACE5 @ turn * rng.uniform(0.3, 4) + rng.normal(0, 3, (5, 2)) + 200).astype(np.float32)
        expected = face_align.estimate_norm(points, 112)
        assert np.allclose(similarity(points, template("arcface5", 112)), expected, atol=1e-3)


def test_a_mirrored_face_is_not_mirrored_back():
    """The matrix only turns and scales: its determinant is positive whatever comes."""
    mirrored = (ARCFACE5 * [-1, 1] + 300).astype(np.float32)
    assert np.linalg.det(similarity(mirrored, ARCFACE5)[:, :2]) > 0


def test_templates_grow_with_the_chip():
    """A chip of twice the size has its eyes at twice the place."""
    assert np.allclose(template("arcface5", 224), 2 * ARCFACE5)


@pytest.mark.parametrize("value", [7.0, np.nan, np.inf])
def test_landmarks_that_span_no_face_are_refused(value):
    """Five times the same point, NaN and infinity are the caller's mistake."""
    with pytest.raises(InvalidInput, match="LANDMARKS_UNUSABLE"):
        similarity(np.full((5, 2), value, np.float32), ARCFACE5)
