"""Accuracy over folds, as LFW's figures are made."""

import numpy as np
import pytest

from sightline.cli.evaluation.pair_protocol import accuracy_of


def test_accuracy_is_what_the_other_folds_thresholds_get_right():
    """One pair in twenty is told wrong at any threshold."""
    same = np.tile([True, False], 1000)
    scores = np.where(same, 0.7, 0.2) + np.linspace(0, 0.1, 2000)
    scores[:100] = np.where(same[:100], 0.1, 0.9)
    folds = np.arange(2000) // 2 % 10
    accuracy = accuracy_of(scores, same, folds, left_out=3)
    assert accuracy.value == pytest.approx(0.95, abs=0.002)
    assert (accuracy.pairs, accuracy.left_out) == (2000, 3)
    assert accuracy.error < 0.002


def test_one_fold_has_no_threshold_from_elsewhere():
    """Nothing is tuned on what it is tried on."""
    assert accuracy_of(np.array([0.1, 0.9]), np.array([False, True]), np.zeros(2, np.int64), 0) is None
