"""What similarities mean."""

from __future__ import annotations

import pytest
from calibrations import TABLE, fake_calibration
from fakes import fake_pack

from sightline.chassis.similarity import similarity_at
from sightline.match.calibration import CalibrationInForce
from sightline.match.similarity import with_measured_similarity

DEEP = (*TABLE, (0.5, 1e-5), (0.6, 1e-6))


def measured(**changes):
    """The fake pack's embedder under a calibration."""
    in_force = CalibrationInForce(fake_calibration(**changes))
    return with_measured_similarity(fake_pack(), in_force).embedder


def test_amazons_thresholds_are_false_match_rates():
    """80 is one false match in a thousand comparisons, 99 one in a hundred thousand; in between it is even."""
    assert [similarity_at(rate) for rate in (1, 1e-3, 1e-5)] == pytest.approx([0, 80, 99])
    assert similarity_at(1e-4) == pytest.approx(89.5)
    assert similarity_at(1e-12) == 100


def test_a_calibration_says_what_a_similarity_means():
    """At the cosine of each rate stands its similarity, whatever the pack was published with; and it rises."""
    embedder = measured(table=DEEP, comparisons=3_000_000)
    assert [embedder.to_similarity(cosine) for cosine in (0.3, 0.5)] == pytest.approx([80, 99])
    scores = [embedder.to_similarity(step / 50) for step in range(-50, 51)]
    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (0, 100)


def test_what_was_not_measured_only_rises():
    """Beyond the strictest rate of the table similarities go on to 100, and 99 is no promise."""
    embedder = measured()
    assert embedder.to_similarity(0.4) == pytest.approx(89.5)
    assert 89.5 < embedder.to_similarity(0.7) < embedder.to_similarity(0.9) < 100


def test_without_a_calibration_the_pack_says_it():
    """None, or one that does not show the rate of 80: the pack's own map, which has 80 at its threshold."""
    pack = fake_pack()
    assert with_measured_similarity(pack, CalibrationInForce()) is pack
    assert measured(table=TABLE[:3], comparisons=300).similarity == pack.embedder.similarity
