"""Whether live scores still are those of the calibration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from calibrations import TABLE, fake_calibration
from prometheus_client import CollectorRegistry, generate_latest

from sightline.match.drift import FEWEST, Drift

ROOT = Path(__file__).parents[3]
GROUPS = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
INTERVALS = tuple({"cosine": cosine, "fmr": rate, "low": rate, "high": rate} for cosine, rate in TABLE)
SIZE = 100


def strangers(count: int, shift: float = 0.0, seed: int = 1) -> np.ndarray:
    """Best matches among a hundred, where a cosine has one decade of FMR for each 0.1; and so much more alike."""
    even = np.random.default_rng(seed).uniform(0.02, 0.98, count)
    rates = -np.expm1(np.log(even) / SIZE)
    return -0.1 * np.log10(rates) + shift


def watched(cosines) -> Drift:
    """What has seen these."""
    drift = Drift(fake_calibration(intervals=INTERVALS))
    for cosine in cosines:
        drift.note(float(cosine), SIZE)
    return drift


def test_strangers_as_alike_as_the_calibration_s_are_no_drift():
    """Of a thousand the distance is small, by chance alone."""
    assert watched(strangers(1000)).distance < 0.07


@pytest.mark.parametrize("shift", [0.05, -0.05])
def test_strangers_who_are_more_or_less_alike_are_a_drift(shift):
    """Half a decade of false matches more, or fewer, cannot be missed."""
    assert watched(strangers(1000, shift)).distance > 0.2


def test_the_alert_rule_is_about_a_shift_and_not_about_chance():
    """With the fewest tracks of which anything is said it stays quiet for strangers, and fires for a planted shift."""
    (rule,) = (rule for rule in RULES if rule["alert"] == "SightlineScoreDrift")
    name, _, limit = rule["expr"].partition(" > ")
    assert name == "sightline_match_score_drift"
    quiet = [watched(strangers(FEWEST, seed=seed)).distance for seed in range(50)]
    assert max(quiet) < float(limit)
    loud = [watched(strangers(FEWEST, shift, seed)).distance for seed in range(50) for shift in (0.06, -0.06)]
    assert min(loud) > float(limit)


def test_nothing_is_said_of_few_tracks_or_without_a_calibration():
    """Neither a metric of a hundred tracks, nor one without anything to compare with."""
    registry = CollectorRegistry()
    drift = watched(strangers(FEWEST - 1))
    registry.register(drift)
    assert generate_latest(registry) == b""
    drift.note(0.2, SIZE)
    assert b"sightline_match_score_drift 0." in generate_latest(registry)
    for calibration in (None, fake_calibration()):
        unknown = Drift(calibration)
        unknown.note(0.2, SIZE)
        assert unknown.distance is None
