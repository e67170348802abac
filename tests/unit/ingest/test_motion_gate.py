"""Which frames show motion."""

import cv2
import numpy as np
import pytest

from sightline.ingest.motion_gate import LONGEST_S, MotionGate

RANDOM = np.random.default_rng(7)
SCENE = cv2.GaussianBlur(RANDOM.integers(0, 256, (135, 240), np.uint8), (0, 0), 4)


def _noisy():
    """The scene as a camera sees it in the evening, scaled down: the noise of a pixel is 3 levels."""
    return np.clip(SCENE + RANDOM.normal(0, 3, SCENE.shape), 0, 255).astype(np.uint8)


def _walker(x):
    """The scene with a face of 4 pixels, 32 at 1080p, at x."""
    scene = _noisy()
    scene[60:64, x : x + 4] = 255
    return scene


def test_a_still_scene_passes_every_two_seconds():
    """Noise alone is no motion; one frame in two seconds passes, and the rest is counted as still time."""
    gate = MotionGate()
    passed = [number / 5 for number in range(51) if gate.passes(_noisy(), number / 5)]
    assert passed == pytest.approx([0, 2, 4, 6, 8, 10])
    assert gate.still_s == pytest.approx(10 - 5 / 5)


def test_everything_that_moves_passes():
    """A small face that crosses the picture, one that comes, and one that goes: no frame is passed over."""
    gate = MotionGate()
    assert all(gate.passes(_walker(10 + number * 3), number / 5) for number in range(40))
    assert gate.passes(_noisy(), 8.1)
    assert gate.still_s == 0


def test_slow_motion_adds_up():
    """What moves less than a pixel between frames passes sooner than after two seconds."""
    gate = MotionGate()
    passed = []
    for number in range(100):
        scene = np.zeros((135, 240), np.uint8)
        left = 40 + number * 0.4
        moved = np.float32([[1, 0, left], [0, 1, 50]])
        scene = cv2.warpAffine(np.full((20, 20), 200, np.uint8), moved, (240, 135), scene)
        if gate.passes(scene, number / 25):
            passed.append(number / 25)
    assert max(np.diff(passed)) < LONGEST_S / 4


def test_another_size_is_motion():
    """A camera that changes its resolution is looked at."""
    gate = MotionGate()
    assert gate.passes(SCENE, 0.0)
    assert not gate.passes(SCENE, 0.2)
    assert gate.passes(SCENE[:, :180], 0.4)
