"""The composition root of gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.audit import Auditor
from sightline.chassis.durability import check_durability
from sightline.chassis.handling import reading_together
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import service_bus
from sightline.chassis.identity.open_secrets import open_secrets
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.process_guard import hide_memory
from sightline.chassis.provision import prepare
from sightline.chassis.s3_store import open_store
from sightline.chassis.topology import AWS_JOBS, AWS_SHELF, AWS_TOKENS, GATEWAY_RECORDS
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.gateway.application import application
from sightline.gateway.aws_keys.book import AwsKeyBook
from sightline.gateway.aws_keys.desk import AwsKeyDesk
from sightline.gateway.aws_keys.routes import aws_key_routes
from sightline.gateway.body import BodyGate
from sightline.gateway.http_server import serve_http
from sightline.gateway.rekognition.arns import Arns
from sightline.gateway.rekognition.endpoint import Desk, Endpoint
from sightline.gateway.rekognition.operations import OPERATIONS
from sightline.gateway.rekognition.processor import Processors
from sightline.gateway.rekognition.record_lane import RecordLane
from sightline.gateway.rekognition.sigv4 import SigV4
from sightline.gateway.rekognition.stored_pictures import StoredPictures
from sightline.gateway.rekognition.stream_routes import stream_routes
from sightline.gateway.rest.routes import routes
from sightline.gateway.settings import GatewaySettings
from sightline.gateway.shelf import Shelf
from sightline.gateway.upstream import open_upstream
from sightline.v1.alert_service_pb2 import AlertEvent

if TYPE_CHECKING:
    import asyncio

    from prometheus_client import CollectorRegistry
    from starlette.routing import BaseRoute

    from sightline.chassis.bus import Bus
    from sightline.gateway.upstream import Upstream

RECORDS_AT_ONCE = 64


async def serve(settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Runs gateway until it is told to stop."""
    folder = open_secrets(settings)
    folder.broker_key(settings.service)
    aws_keys = folder.aws_keys()
    aws_keys.keys()  # what is wrong with the files ends the start here
    health = Health(registry := new_registry())
    async with (
        service_bus(settings, registry) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
        open_upstream(settings) as upstream,
    ):
        await check_durability(bus, settings)
        await prepare(bus, settings)
        book = AwsKeyBook(bus, aws_keys)
        app = application(await everything(settings, bus, upstream, book, stop), registry, settings.trace_ratio)
        records = record_worker(bus, Processors(await Shelf.opened(bus, AWS_SHELF)), registry)
        checks = {"broker": bus.check, "access keys": book.check, "records": records.check}
        async with book.following(), serve_http(settings, app), records.running(), health.watching(checks):
            await stop.wait()


async def everything(
    settings: GatewaySettings, bus: Bus, upstream: Upstream, book: AwsKeyBook, stop: asyncio.Event
) -> list[BaseRoute]:
    """All that is answered; who waits for what is to come waits until `stop`.

    Raises:
        FailedPrecondition: NOT_PROVISIONED, S3_CREDENTIALS_INVALID.
    """
    bodies = BodyGate(settings.bodies_bytes, settings.body_seconds)
    arns = Arns(settings.aws_region, settings.aws_account)
    shelf, tokens, jobs = [await Shelf.opened(bus, name) for name in (AWS_SHELF, AWS_TOKENS, AWS_JOBS)]
    verifier = SigV4(book, settings.aws_region)
    store = open_store(settings.s3_access, settings.service)
    desk = Desk(upstream, arns, shelf, tokens, jobs, StoredPictures(store, bodies, settings.call_timeout))
    rekognition = Endpoint(OPERATIONS, verifier, bodies, desk)
    keys = aws_key_routes(AwsKeyDesk(book, Auditor(bus, settings.service)), upstream, bodies, settings.aws_region)
    beside = [*keys, *stream_routes(desk, stop)]
    return [rekognition.route, *routes(upstream, bodies, settings, stop, beside)]


def record_worker(bus: Bus, processors: Processors, registry: CollectorRegistry) -> Worker:
    """What says on the broker what stream processors find."""
    lane = RecordLane(processors, bus.publish)
    handle = reading_together(AlertEvent, lane.handle)
    return Worker(bus, GATEWAY_RECORDS, handle, WorkerMetrics(registry), max_batch=RECORDS_AT_ONCE)


if __name__ == "__main__":
    hide_memory()
    run_service(GatewaySettings, serve)
