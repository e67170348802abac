"""What notify makes alerts with, put together."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.rpc import Served, open_channel
from sightline.chassis.topology import EVIDENCE
from sightline.notify.alert_book import open_alert_book
from sightline.notify.alert_metrics import AlertMetrics
from sightline.notify.alert_workers import alert_workers, all_running
from sightline.notify.enrolled_pictures import RpcEnrolledPictures
from sightline.notify.evidence import Evidence
from sightline.notify.feed import AlertFeed
from sightline.notify.forgetting import Forgetting
from sightline.notify.handler import Alerting
from sightline.notify.key_ring import open_key_ring
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.notify.presence import Presence
from sightline.notify.projection import AlertProjection
from sightline.notify.retention import AlertRetention
from sightline.notify.reviewing import Reviewing
from sightline.notify.sealed_pictures import SealedPictures
from sightline.notify.servicer import AlertServicer
from sightline.notify.source_parts import watching_sources
from sightline.notify.stored_messages import StoredMessages
from sightline.notify.tombstones import Tombstones
from sightline.notify.upkeep import Upkeep
from sightline.v1.alert_service_pb2_grpc import add_AlertServiceServicer_to_server

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.chassis.health import Check
    from sightline.chassis.identity.identity import Identity
    from sightline.chassis.policy import Policy
    from sightline.chassis.worker import Worker, WorkerMetrics
    from sightline.notify.erasure_lane import ErasureLane
    from sightline.notify.settings import NotifySettings
    from sightline.notify.source_parts import Sources


@dataclass(frozen=True)
class AlertParts:
    """The parts; they work inside of `following` and `working`.

    Attributes:
        alerting: makes alerts of sightings.
        projection: lists of alerts, and where each belongs.
        workers: by what health calls them.
        erasures: who hears of them.
    """

    alerting: Alerting
    projection: AlertProjection
    feed: AlertFeed
    workers: dict[str, Worker]
    erasures: ErasureLane
    upkeep: Upkeep
    retention: AlertRetention
    sources: Sources
    served: Served

    @property
    def checks(self) -> dict[str, Check]:
        """For health."""
        own: dict[str, Check] = {"alerts": self.projection.check, "feed": self.feed.check}
        return {**own, "sources": self.sources.check, **{name: each.check for name, each in self.workers.items()}}

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Takes in what is there while the block runs: what calls are answered from."""
        async with self.projection.following(), self.feed.running():
            yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Makes alerts, and forgets them, while the block runs."""
        async with (
            all_running(self.workers.values()),
            self.sources.working(),
            self.upkeep.running(),
            self.retention.running(),
        ):
            yield


@asynccontextmanager
async def assemble_alerts(
    bus: Bus,
    settings: NotifySettings,
    policy: Policy,
    identity: Identity,
    registry: CollectorRegistry,
    metrics: WorkerMetrics,
    stop: asyncio.Event,
) -> AsyncIterator[AlertParts]:
    """The parts, not running yet. Raises FailedPrecondition: NOT_PROVISIONED, what is wrong with the file of keys."""
    book, sink, feed, counts = await open_alert_book(bus), BusAlerts(bus), AlertFeed(bus), AlertMetrics(registry)
    reviewing, auditor, to_ingest = Reviewing(book, Outbox(book, sink), counts), identity.auditor, identity.to("ingest")
    pictures = SealedPictures(await bus.object_store(EVIDENCE), open_key_ring(bus, settings))
    path = settings.state_dir / "notify" / "alerts.db"
    with closing(AlertProjection(path, bus)) as projection:
        async with (
            open_channel(settings.match_target, identity.to("match")) as match,
            watching_sources(settings, bus, registry, projection, to_ingest) as sources,
        ):
            enrolled = RpcEnrolledPictures(match, settings.evidence_timeout)
            evidence = Evidence(pictures, enrolled, to_ingest, settings.evidence_timeout)
            alerting = Alerting(book, sink, sources.storms, counts)
            forgetting = Forgetting(book, evidence, StoredMessages(bus))
            presence = Presence(projection, Tombstones(bus))
            servicer = AlertServicer(projection, feed, reviewing, evidence, presence, auditor, stop)
            yield AlertParts(
                alerting,
                projection,
                feed,
                *alert_workers(bus, metrics, book, alerting, evidence, projection),
                Upkeep(projection, reviewing),
                AlertRetention(projection, forgetting, auditor, policy.retention.alerts),
                sources,
                Served("sightline.v1.AlertService", servicer, add_AlertServiceServicer_to_server),
            )
