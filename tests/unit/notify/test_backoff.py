from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sightline.notify.backoff import LONGEST_SECONDS, Backoff

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_pauses_double_up_to_an_hour():
    """Five seconds, ten, twenty; from the eleventh on an hour, however many there were."""
    backoff = Backoff(chance=lambda: 0.5)
    assert [backoff.pause(attempts) for attempts in (1, 2, 3, 4)] == [5, 10, 20, 40]
    assert backoff.pause(11) == backoff.pause(5000) == LONGEST_SECONDS


def test_pauses_differ_by_chance_by_a_quarter():
    """So that many who failed together do not come back together."""
    assert Backoff(chance=lambda: 0.0).pause(2) == pytest.approx(7.5)
    assert Backoff(chance=lambda: 1.0).pause(2) == pytest.approx(12.5)
    assert len({Backoff().pause(3) for _ in range(50)}) > 40


def test_who_asks_for_more_time_gets_it():
    """Retry-After is a least pause, not a replacement."""
    backoff = Backoff(chance=lambda: 0.5)
    assert (backoff.pause(1, 120), backoff.pause(11, 120)) == (120, LONGEST_SECONDS)


def test_an_alert_is_given_up_after_hours_of_attempts():
    """With the default pauses there are 21 attempts in twelve hours, and then no more."""
    backoff, now, attempts = Backoff(chance=lambda: 0.5), NOW, 0
    while not backoff.is_over(NOW, now):
        attempts += 1
        now += timedelta(seconds=backoff.pause(attempts))
    assert attempts == 21
    assert timedelta(hours=12) <= now - NOW <= timedelta(hours=13)


def test_a_day_of_failures_disables():
    """Not a minute less."""
    backoff = Backoff()
    assert not backoff.disables(NOW, NOW + timedelta(hours=23, minutes=59))
    assert backoff.disables(NOW, NOW + timedelta(hours=24))
