"""Puts together what tells people of alerts: subscriptions, their deliveries, and the letters of those that failed."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import httpx
from prometheus_client import Counter, Gauge

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.handling import reading_delivered, side_by_side
from sightline.chassis.leases import Leases
from sightline.chassis.rpc import Served
from sightline.chassis.topology import DELIVERY_LEASES, NOTIFY_COMPLETIONS, UNDELIVERED
from sightline.chassis.worker import Worker
from sightline.notify.alert_book import open_alert_book
from sightline.notify.apprise_sender import AppriseSender
from sightline.notify.completion_lane import CompletionLane
from sightline.notify.completion_topics import read_topics
from sightline.notify.courier import Courier
from sightline.notify.course import Course
from sightline.notify.dead_letter_servicer import DeadLetterServicer
from sightline.notify.dead_letters import (
    COMPLETIONS_STAGE,
    DELIVERIES_STAGE,
    ERASURES_STAGE,
    SIGHTINGS_STAGE,
    DeadLetters,
)
from sightline.notify.delivery_log import DeliveryLog
from sightline.notify.delivery_places import remove_places
from sightline.notify.delivery_watch import DeliveryWatch
from sightline.notify.destination_vault import DestinationVault
from sightline.notify.key_ring import open_key_ring
from sightline.notify.letter_retries import retry_completion, retry_delivery, retry_erasure, retry_sighting
from sightline.notify.lost_deliveries import LostDeliveries
from sightline.notify.postman import Postman, PostmanTools
from sightline.notify.presence import Presence
from sightline.notify.subscription_access import SubscriptionPlaces
from sightline.notify.subscription_desk import SubscriptionDesk
from sightline.notify.subscription_servicer import SubscriptionServicer
from sightline.notify.subscriptions import open_subscriptions
from sightline.notify.telling import Telling
from sightline.notify.tombstones import Tombstones
from sightline.notify.undelivered import Undelivered
from sightline.notify.webhook_sender import WebhookSender
from sightline.v1 import access_pb2
from sightline.v1.dead_letter_service_pb2_grpc import add_DeadLetterServiceServicer_to_server
from sightline.v1.subscription_service_pb2_grpc import add_SubscriptionServiceServicer_to_server
from sightline.v1.video_job_service_pb2 import VideoJobCompletion

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from prometheus_client import CollectorRegistry

    from sightline.chassis.access import Locator
    from sightline.chassis.audit import Auditor
    from sightline.chassis.bus import Bus
    from sightline.chassis.health import Check
    from sightline.chassis.lease import Lease
    from sightline.chassis.worker import WorkerMetrics
    from sightline.notify.erasure_lane import ErasureLane
    from sightline.notify.handler import Alerting
    from sightline.notify.settings import NotifySettings

COMPLETIONS_AT_ONCE = 16


@dataclass(frozen=True)
class DeliveryParts:
    """What the process runs and serves of it."""

    watch: DeliveryWatch
    log: DeliveryLog
    completions: Worker
    places: SubscriptionPlaces
    services: tuple[Served, ...]

    @property
    def checks(self) -> dict[str, Check]:
        """For health."""
        own: dict[str, Check] = {"subscriptions": self.watch.check, "deliveries": self.log.check}
        return own | {"completions": self.completions.check}

    @property
    def locators(self) -> dict[int, Locator]:
        """Where its objects belong."""
        return {access_pb2.OBJECT_KIND_SUBSCRIPTION: self.places}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Delivers while the block runs."""
        async with self.log.following(), self.watch.running(), self.completions.running():
            yield


@asynccontextmanager
async def assemble_deliveries(
    bus: Bus,
    settings: NotifySettings,
    auditor: Auditor,
    alerting: Alerting,
    erasures: ErasureLane,
    registry: CollectorRegistry,
    metrics: WorkerMetrics,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[DeliveryParts]:
    """The parts, not running yet; `clock` gives the present time, aware.

    Raises FailedPrecondition: NOT_PROVISIONED, CA_FILE_INVALID, and what is wrong with the file of keys; as
    `read_topics`.
    """
    book = await open_subscriptions(bus)
    vault = DestinationVault(open_key_ring(bus, settings))
    webhooks = WebhookSender(settings.webhook_rules, _tls(settings), clock)
    courier = Courier(vault, webhooks, settings.webhook_rules, AppriseSender(settings.apprise_services), clock)
    topics = read_topics(settings.sns_topics, settings.sns_secret_file, settings.webhook_rules)
    lane = CompletionLane(topics, webhooks, settings.backoff, clock)
    telling = Telling(courier, Presence(await open_alert_book(bus), Tombstones(bus)), clock)
    undelivered = await bus.bucket(UNDELIVERED)
    leases = Leases(await bus.bucket(DELIVERY_LEASES), f"{settings.bind}:{settings.grpc_port}")
    attempts = Counter("sightline_notify_attempts", "Attempts at telling people.", ("outcome",), registry=registry)
    with closing(DeliveryLog(settings.state_dir / "notify" / "deliveries.db", bus, attempts)) as log:
        tools = PostmanTools(bus, telling, log, LostDeliveries(bus), settings.backoff, clock)

        def employ(subscription_id: str, lease: Lease) -> Postman:
            record = partial(watch.record, subscription_id)
            course = Course(subscription_id, record, book, auditor, settings.backoff)
            return Postman(record, lease, Undelivered(bus, undelivered, subscription_id), course, tools)

        watch = DeliveryWatch(bus, book, leases, employ)
        held = Gauge("sightline_notify_subscriptions", "Subscriptions that this process holds.", registry=registry)
        held.set_function(watch.count)
        desk = SubscriptionDesk(book, vault, courier, log, watch, partial(remove_places, bus), clock)
        retries = {
            SIGHTINGS_STAGE: partial(retry_sighting, alerting),
            ERASURES_STAGE: partial(retry_erasure, erasures),
            COMPLETIONS_STAGE: partial(retry_completion, lane),
            DELIVERIES_STAGE: partial(retry_delivery, book, telling, log, clock),
        }
        handle = side_by_side(reading_delivered(VideoJobCompletion, lane.handle))
        completions = Worker(bus, NOTIFY_COMPLETIONS, handle, metrics, max_batch=COMPLETIONS_AT_ONCE)
        services = _services(desk, DeadLetters(bus, retries), auditor)
        yield DeliveryParts(watch, log, completions, SubscriptionPlaces(book), services)


def _services(desk: SubscriptionDesk, letters: DeadLetters, auditor: Auditor) -> tuple[Served, ...]:
    return (
        Served(
            "sightline.v1.SubscriptionService",
            SubscriptionServicer(desk, auditor),
            add_SubscriptionServiceServicer_to_server,
        ),
        Served(
            "sightline.v1.DeadLetterService",
            DeadLetterServicer(letters, auditor),
            add_DeadLetterServiceServicer_to_server,
        ),
    )


def _tls(settings: NotifySettings) -> ssl.SSLContext:
    """How certificates of webhooks are checked. Raises FailedPrecondition CA_FILE_INVALID."""
    context = httpx.create_ssl_context(trust_env=False)
    if settings.webhook_ca_file is not None:
        try:
            context.load_verify_locations(settings.webhook_ca_file)
        except OSError as error:
            raise FailedPrecondition(
                "CA_FILE_INVALID", f"{settings.webhook_ca_file} holds no certificates in PEM: {error.strerror}."
            ) from error
    return context
