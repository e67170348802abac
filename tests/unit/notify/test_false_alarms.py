from __future__ import annotations

import pytest

from sightline.notify.false_alarms import LEAST_TOLD, Decided, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # Of R's prop.test(part, whole, correct = FALSE).
        (81, 263, 0.2552906, 0.3662037),
        (0, 20, 0.0, 0.1611251),
        (29, 29, 0.8830287, 1.0),
    ],
)
def test_the_interval_is_wilsons(part, whole, low, high):
    """It is the one of published tables, also where nothing or everything was dismissed, and never leaves 0 to 1."""
    share = wilson(part, whole)
    assert share == pytest.approx((part / whole, low, high), abs=1e-4)
    assert 0.0 <= share.low <= share.value <= share.high <= 1.0


def test_more_alerts_tell_more():
    """The same share of ten times as many is known better."""
    few, many = wilson(18, 20), wilson(180, 200)
    assert few.low < many.low < 0.9 < many.high < few.high


def test_too_few_tell_nothing():
    """One settled alert less than the least has no share; that one more has."""
    assert Decided(confirmed=0, dismissed=LEAST_TOLD - 1).dismissed_share is None
    assert Decided(confirmed=1, dismissed=LEAST_TOLD - 1).dismissed_share.value == 0.95
