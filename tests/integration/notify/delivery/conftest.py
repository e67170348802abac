"""Subscriptions and their receivers."""

from __future__ import annotations

import pytest
from receiver import receiving

from sightline.notify.outbox import BusAlerts


@pytest.fixture
def receiver():
    """A receiver that takes everything, until it is told otherwise."""
    with receiving() as running:
        yield running


@pytest.fixture
def say(bus):
    """A function that publishes alerts as notify does."""

    async def publish(*alerts):
        for alert in alerts:
            await BusAlerts(bus).publish(alert)

    return publish
