"""Tracks in three forms: what fusion is worth where shots err by themselves; nothing is compared with itself."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.chassis.fusion import fused
from sightline.cli.evaluation.comparisons import Templates, genuine_of, impostors_of
from sightline.cli.evaluation.resampling import person_weights
from sightline.cli.evaluation.tracks import Tracks, track_findings

PEOPLE, TRACKS, SHOTS, SPACE = 80, 2, 4, 32


def templates(vectors, appearances=None):
    """Of everybody so many vectors, in turn."""
    persons = np.repeat(np.arange(PEOPLE), len(vectors) // PEOPLE)
    return Templates(vectors.astype(np.float32), persons, PEOPLE, np.zeros(0, np.int64), appearances)


def unit(vectors):
    """Of length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def tracks(noise, *, one_enrolled=True):
    """Two tracks of each of eighty people, of four shots that miss the person by so much, each in its own direction."""
    random = np.random.default_rng(4)
    faces = unit(random.normal(size=(PEOPLE, 1, 1, SPACE)))
    shots = unit(faces + noise * random.normal(size=(PEOPLE, TRACKS, SHOTS, SPACE)) / np.sqrt(SPACE))
    shots = shots.reshape(-1, SHOTS, SPACE).astype(np.float32)
    mean = np.stack([fused((0.5, vector) for vector in track) for track in shots])
    appearances = np.repeat(np.arange(len(shots)), SHOTS)
    every = templates(shots.reshape(-1, SPACE), appearances)
    return Tracks(templates(shots[:, 0]), every, templates(mean), one_enrolled=one_enrolled)


def measured(tracks):
    """By form what is found at a cosine of 0.5."""
    findings = track_findings(tracks, 0.5, person_weights(PEOPLE, 100))
    return {form.name: form for form in findings.forms}, findings


def test_fusion_helps_where_shots_err_by_themselves():
    """Fewer are missed at an FMR, and at the same cosine; one shot after the other is as bad as any one of them."""
    forms, findings = measured(tracks(1.0))
    single, each, whole = forms["best shot"], forms["each shot"], forms["fused"]
    assert (findings.count, findings.shots, findings.missed.value) == (PEOPLE * TRACKS, SHOTS, 0)
    assert whole.verification.operating[0].fnmr.high < single.verification.operating[0].fnmr.low
    assert whole.points[0].fnir.value < single.points[0].fnir.value
    assert whole.points[1].fnir is None  # eighty people cannot show an FPIR of one in a hundred
    assert whole.verification.equal.rate.value < single.verification.equal.rate.value
    assert whole.in_force.fnmr.value < single.in_force.fnmr.value
    assert each.in_force.fnmr.value == pytest.approx(single.in_force.fnmr.value, abs=0.1)


def test_fusion_changes_nothing_where_all_shots_are_one():
    """Shots without a difference: three times the same figures, and the same intervals."""
    random = np.random.default_rng(4)
    looks = unit(random.normal(size=(PEOPLE, 1, SPACE)) + 1.2 * random.normal(size=(PEOPLE, TRACKS, SPACE)))
    one = templates(looks.reshape(-1, SPACE))
    every = templates(np.repeat(one.vectors, SHOTS, axis=0), np.repeat(np.arange(PEOPLE * TRACKS), SHOTS))
    forms, _ = measured(Tracks(one, every, one, one_enrolled=True))
    rates = [form.verification.operating[0].fnmr for form in forms.values()]
    assert rates[0].value > 0.05
    assert rates[1].value == pytest.approx(rates[0].value)
    assert rates[2] == rates[0]
    assert forms["each shot"].in_force.fmr.value == pytest.approx(forms["best shot"].in_force.fmr.value)


def test_shots_of_one_track_are_never_one_person_s_comparison():
    """4 x 4 comparisons of each person's own, with enrolled ones 4 of each track; all pairs of people weigh alike."""
    made = tracks(1.0)
    symmetric, enrolled = made.shots, made.shots.against(made.best)
    assert len(genuine_of(symmetric).score) == PEOPLE * SHOTS * SHOTS
    assert len(genuine_of(enrolled).score) == PEOPLE * TRACKS * SHOTS
    for each in (symmetric, enrolled):
        assert genuine_of(each).weight.sum() == pytest.approx(PEOPLE)
        assert impostors_of(each).histogram.sum() == pytest.approx(PEOPLE * (PEOPLE - 1) / 2)
    assert enrolled.mated == PEOPLE
    assert made.fused.against(made.best).mated == PEOPLE


def test_a_track_without_a_face_is_a_miss():
    """It counts among tracks in which nobody was found, and among searches that found nobody."""
    made = tracks(0.2)
    failed = np.arange(8)
    spoilt = [
        Templates(each.vectors, each.persons, PEOPLE, failed, each.appearances)
        for each in (made.best, made.shots, made.fused)
    ]
    forms, findings = measured(Tracks(*spoilt, one_enrolled=True))
    assert findings.count == PEOPLE * TRACKS + 8
    assert findings.missed.value == pytest.approx(8 / 168)
    assert forms["fused"].size == PEOPLE - 1
