"""What notify makes alerts with, put together."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.handling import per_subject, reading_delivered, side_by_side
from sightline.chassis.rpc import Served
from sightline.chassis.topology import EVIDENCE, NOTIFY, NOTIFY_EVIDENCE
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.notify.alert_book import open_alert_book
from sightline.notify.alert_metrics import AlertMetrics
from sightline.notify.evidence import Evidence
from sightline.notify.evidence_lane import EvidenceLane
from sightline.notify.feed import AlertFeed
from sightline.notify.forgetting import Forgetting
from sightline.notify.handler import Alerting
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.notify.projection import AlertProjection
from sightline.notify.retention import AlertRetention
from sightline.notify.reviewing import Reviewing
from sightline.notify.servicer import AlertServicer
from sightline.notify.sightings import BusSightings
from sightline.notify.source_parts import watching_sources
from sightline.notify.stored_messages import StoredMessages
from sightline.notify.upkeep import Upkeep
from sightline.v1.alert_service_pb2 import AlertEvent
from sightline.v1.alert_service_pb2_grpc import add_AlertServiceServicer_to_server
from sightline.v1.events_pb2 import Sighting

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.chassis.health import Check
    from sightline.chassis.identity.identity import Identity
    from sightline.chassis.policy import Policy
    from sightline.notify.settings import NotifySettings

MAX_BATCH = 16


@dataclass(frozen=True)
class AlertParts:
    """The parts; they work inside of `following` and `working`.

    Attributes:
        alerting: makes alerts of sightings.
        sightings: brings it sightings.
        pictures: fetches the pictures of alerts.
        projection: lists of alerts, and where each belongs.
    """

    alerting: Alerting
    sightings: Worker
    pictures: Worker
    projection: AlertProjection
    feed: AlertFeed
    upkeep: Upkeep
    retention: AlertRetention
    check_sources: Check
    served: Served

    @property
    def checks(self) -> dict[str, Check]:
        """For health."""
        return {
            "alerts": self.projection.check,
            "sightings": self.sightings.check,
            "evidence": self.pictures.check,
            "feed": self.feed.check,
            "sources": self.check_sources,
        }

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Takes in what is there while the block runs: what calls are answered from."""
        async with self.projection.following(), self.feed.running():
            yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Makes alerts while the block runs."""
        async with self.sightings.running(), self.pictures.running(), self.upkeep.running(), self.retention.running():
            yield


@asynccontextmanager
async def assemble_alerts(
    bus: Bus,
    settings: NotifySettings,
    policy: Policy,
    identity: Identity,
    registry: CollectorRegistry,
    stop: asyncio.Event,
) -> AsyncIterator[AlertParts]:
    """The parts, not running yet. Raises FailedPrecondition NOT_PROVISIONED."""
    book, sink = await open_alert_book(bus), BusAlerts(bus)
    evidence = Evidence(await bus.object_store(EVIDENCE), identity.to("ingest"), settings.evidence_timeout)
    metrics, counts = WorkerMetrics(registry), AlertMetrics(registry)
    forgetting = Forgetting(book, evidence, StoredMessages(bus))
    lane = EvidenceLane(book, BusSightings(bus), evidence, sink)
    pictures = side_by_side(reading_delivered(AlertEvent, lane.handle))
    reviewing, feed = Reviewing(book, Outbox(book, sink), counts), AlertFeed(bus)
    with closing(AlertProjection(settings.state_dir / "notify" / "alerts.db", bus)) as projection:
        async with watching_sources(settings, bus, registry, projection, identity.to("ingest")) as sources:
            alerting = Alerting(book, sink, sources.storms, counts)
            alerts = per_subject(reading_delivered(Sighting, alerting.handle))
            servicer = AlertServicer(projection, feed, reviewing, evidence, identity.auditor, stop)
            yield AlertParts(
                alerting,
                Worker(bus, NOTIFY, alerts, metrics, max_batch=MAX_BATCH),
                Worker(bus, NOTIFY_EVIDENCE, pictures, metrics, max_batch=MAX_BATCH),
                projection,
                feed,
                Upkeep(projection, reviewing),
                AlertRetention(projection, forgetting, identity.auditor, policy.retention.alerts),
                sources.check,
                Served("sightline.v1.AlertService", servicer, add_AlertServiceServicer_to_server),
            )
