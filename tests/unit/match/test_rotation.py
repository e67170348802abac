import numpy as np
import pytest

from sightline.match.rotation import Rotation

SEED = bytes(range(32))
WRITTEN_DOWN = [
    [-0.6238295, -0.0577386, -0.7794248],
    [-0.7811415, 0.0787117, 0.6193727],
    [0.0255881, 0.9952239, -0.0942047],
]


def vectors(count, dimension):
    """Unit vectors."""
    raw = np.random.default_rng(1).standard_normal((count, dimension))
    return list((raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32))


@pytest.mark.parametrize("dimension", [1, 2, 7, 128])
def test_cosines_are_unchanged_and_vectors_come_back(dimension):
    """Behind a rotation every cosine is what it was, and turned back each vector is, to the rounding of float32."""
    rotation, before = Rotation(SEED, dimension), vectors(20, dimension)
    turned = rotation.turn(before)
    assert all(vector.dtype == np.float32 for vector in turned)
    assert np.stack(turned) @ np.stack(turned).T == pytest.approx(np.stack(before) @ np.stack(before).T, abs=1e-6)
    assert np.stack(rotation.turn_back(turned)) == pytest.approx(np.stack(before), abs=1e-6)


def test_a_secret_is_one_rotation_wherever_it_is_made():
    """The numbers are those that were written down here once: an index is read by other releases of NumPy, too."""
    made = np.stack(Rotation(SEED, 3).turn(list(np.eye(3, dtype=np.float32))))
    assert made == pytest.approx(np.array(WRITTEN_DOWN), abs=1e-6)


def test_another_secret_is_another_rotation():
    """Vectors behind two secrets have no more in common than strangers have."""
    before = vectors(50, 128)
    here, there = (np.stack(Rotation(seed, 128).turn(before)) for seed in (SEED, bytes(32)))
    assert np.abs(here @ there.T).max() < 6 / 128**0.5


def test_rotations_are_drawn_evenly():
    """Of many secrets no axis is preferred, and half of all mirror: nothing about a vector can be guessed."""
    drawn = np.stack([Rotation(n.to_bytes(2), 3).turn([np.float32([1, 0, 0])])[0] for n in range(800)])
    assert np.abs(drawn.mean(axis=0)).max() < 4 / (3 * 800) ** 0.5
    assert drawn.T @ drawn / 800 == pytest.approx(np.eye(3) / 3, abs=0.06)


@pytest.mark.parametrize("dimension", [7, 128, 512])
def test_a_vector_is_turned_alike_alone_and_among_others(dimension):
    """However many are turned together, and whatever is left over, each becomes what it would become alone."""
    rotation, before = Rotation(SEED, dimension), vectors(37, dimension)
    alone = [rotation.turn([vector])[0] for vector in before]
    assert np.stack(rotation.turn(before)) == pytest.approx(np.stack(alone), abs=1e-6)
    assert rotation.turn([]) == []
