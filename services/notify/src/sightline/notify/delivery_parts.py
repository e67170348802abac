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
from sightline.chassis.leases import Leases
from sightline.chassis.rpc import Served
from sightline.chassis.topology import DELIVERY_LEASES, UNDELIVERED
from sightline.notify.apprise_sender import AppriseSender
from sightline.notify.courier import Courier
from sightline.notify.course import Course
from sightline.notify.dead_letter_servicer import DeadLetterServicer
from sightline.notify.dead_letters import DELIVERIES_STAGE, ERASURES_STAGE, SIGHTINGS_STAGE, DeadLetters
from sightline.notify.delivery_log import DeliveryLog
from sightline.notify.delivery_places import remove_places
from sightline.notify.delivery_watch import DeliveryWatch
from sightline.notify.destination_vault import DestinationVault
from sightline.notify.key_ring import open_key_ring
from sightline.notify.letter_retries import retry_delivery, retry_erasure, retry_sighting
from sightline.notify.lost_deliveries import LostDeliveries
from sightline.notify.postman import Postman, PostmanTools
from sightline.notify.subscription_access import SubscriptionPlaces
from sightline.notify.subscription_desk import SubscriptionDesk
from sightline.notify.subscription_servicer import SubscriptionServicer
from sightline.notify.subscriptions import open_subscriptions
from sightline.notify.undelivered import Undelivered
from sightline.notify.webhook_sender import WebhookSender
from sightline.v1 import access_pb2
from sightline.v1.dead_letter_service_pb2_grpc import add_DeadLetterServiceServicer_to_server
from sightline.v1.subscription_service_pb2_grpc import add_SubscriptionServiceServicer_to_server

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from prometheus_client import CollectorRegistry

    from sightline.chassis.access import Locator
    from sightline.chassis.audit import Auditor
    from sightline.chassis.bus import Bus
    from sightline.chassis.health import Check
    from sightline.chassis.lease import Lease
    from sightline.notify.erasure_lane import ErasureLane
    from sightline.notify.handler import Alerting
    from sightline.notify.settings import NotifySettings


@dataclass(frozen=True)
class DeliveryParts:
    """What the process runs and serves of it."""

    watch: DeliveryWatch
    log: DeliveryLog
    places: SubscriptionPlaces
    services: tuple[Served, ...]

    @property
    def checks(self) -> dict[str, Check]:
        """For health."""
        return {"subscriptions": self.watch.check, "deliveries": self.log.check}

    @property
    def locators(self) -> dict[int, Locator]:
        """Where its objects belong."""
        return {access_pb2.OBJECT_KIND_SUBSCRIPTION: self.places}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Delivers while the block runs."""
        async with self.log.following(), self.watch.running():
            yield


@asynccontextmanager
async def assemble_deliveries(
    bus: Bus,
    settings: NotifySettings,
    auditor: Auditor,
    alerting: Alerting,
    erasures: ErasureLane,
    registry: CollectorRegistry,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[DeliveryParts]:
    """The parts, not running yet; `clock` gives the present time, aware.

    Raises FailedPrecondition: NOT_PROVISIONED, CA_FILE_INVALID, and what is wrong with the file of keys.
    """
    book = await open_subscriptions(bus)
    vault = DestinationVault(open_key_ring(bus, settings))
    webhooks = WebhookSender(settings.webhook_rules, _tls(settings), clock)
    courier = Courier(vault, webhooks, settings.webhook_rules, AppriseSender(settings.apprise_services), clock)
    undelivered = await bus.bucket(UNDELIVERED)
    leases = Leases(await bus.bucket(DELIVERY_LEASES), f"{settings.bind}:{settings.grpc_port}")
    attempts = Counter("sightline_notify_attempts", "Attempts at telling people.", ("outcome",), registry=registry)
    with closing(DeliveryLog(settings.state_dir / "notify" / "deliveries.db", bus, attempts)) as log:
        tools = PostmanTools(bus, courier, log, LostDeliveries(bus), settings.backoff, clock)

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
            DELIVERIES_STAGE: partial(retry_delivery, book, courier, log, clock),
        }
        letters = DeadLetters(bus, retries)
        subscriptions = Served(
            "sightline.v1.SubscriptionService",
            SubscriptionServicer(desk, auditor),
            add_SubscriptionServiceServicer_to_server,
        )
        dead_letters = Served(
            "sightline.v1.DeadLetterService",
            DeadLetterServicer(letters, auditor),
            add_DeadLetterServiceServicer_to_server,
        )
        yield DeliveryParts(watch, log, SubscriptionPlaces(book), (subscriptions, dead_letters))


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
