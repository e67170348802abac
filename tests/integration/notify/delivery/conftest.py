"""Deliveries without their process: the real broker, records and receivers; the time is the test's."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from alerts_for_tests import Told
from fakes import CalmWeather
from prometheus_client import CollectorRegistry
from receiver import receiving
from secrets_for_tests import secrets_folder

from sightline.chassis.audit import Auditor
from sightline.chassis.worker import WorkerMetrics
from sightline.notify.alert_book import open_alert_book
from sightline.notify.alert_metrics import AlertMetrics
from sightline.notify.delivery_parts import assemble_deliveries
from sightline.notify.handler import Alerting
from sightline.notify.outbox import BusAlerts
from sightline.notify.settings import NotifySettings
from sightline.v1 import subscription_service_pb2 as pb


@pytest.fixture
def receiver():
    """A receiver that takes everything, until it is told otherwise."""
    with receiving() as running:
        yield running


@pytest.fixture
def other_receiver():
    """Another one."""
    with receiving() as running:
        yield running


@pytest.fixture
def say(bus):
    """A function that publishes alerts as notify does."""

    async def publish(*alerts):
        for alert in alerts:
            await BusAlerts(bus).publish(alert)

    return publish


class Clock:
    """The present time, which a test may move on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock():
    """The time that deliveries see."""
    return Clock()


@pytest.fixture
async def told(bus, tmp_path, clock, evidence, erasures):
    """A function that starts what delivers, as a replica does, and gives its services; all end with the test."""
    async with AsyncExitStack() as stack:

        async def start(**settings):
            made = NotifySettings(
                secrets_dir=secrets_folder().path,
                state_dir=tmp_path / f"replica-{len(list(tmp_path.iterdir()))}",
                webhook_networks=("127.0.0.0/8",),
                webhook_allow_http=True,
                **{"delivery_retry_seconds": 0.05, **settings},
            )
            alerting = Alerting(
                await open_alert_book(bus), BusAlerts(bus), CalmWeather(), AlertMetrics(CollectorRegistry())
            )
            own = await stack.enter_async_context(AsyncExitStack())
            auditor, registry = Auditor(bus, "notify"), CollectorRegistry()
            parts = await own.enter_async_context(
                assemble_deliveries(bus, made, auditor, alerting, erasures, registry, WorkerMetrics(registry), clock)
            )
            await own.enter_async_context(parts.running())
            return Told(parts, own)

        yield start


@pytest.fixture
def changes(bus):
    """A function that gives the announced changes of subscriptions: their subjects and numbers."""

    async def read():
        last = (await bus.js.stream_info("EVENTS")).state.last_seq
        messages = [await bus.js.get_msg("EVENTS", number) for number in range(1, last + 1)]
        ours = [each for each in messages if each.subject.startswith("sightline.events.subscription.")]
        return [(each.subject, pb.SubscriptionEvent.FromString(each.data).change) for each in ours]

    return read
