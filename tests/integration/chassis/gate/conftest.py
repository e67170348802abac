"""A server with everything real behind its gate."""

from __future__ import annotations

import pytest
from gated_service import DetectSettings, Person, StubAlerts, StubDetect
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis.access import CameraIds, ForServices, WatchlistIds
from sightline.chassis.errors import NotFound
from sightline.chassis.health import Health
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.rpc import Served, serve_rpc
from sightline.chassis.topology import ACCESS
from sightline.v1 import access_pb2, alert_service_pb2_grpc, detect_service_pb2_grpc

LOCATORS = {
    access_pb2.OBJECT_KIND_WATCHLIST: WatchlistIds(),
    access_pb2.OBJECT_KIND_CAMERA: CameraIds(),
    access_pb2.OBJECT_KIND_ALERT: ForServices(NotFound("ALERT_NOT_FOUND", "There is none.")),
}


@pytest.fixture
def settings(nats_server):
    """Of the server."""
    return DetectSettings(secrets_dir=secrets_folder().path, nats_url=nats_server.url, drain_seconds=1)


@pytest.fixture
async def identity(bus, settings):
    """All of it: whom the server knows, and who it is itself."""
    async with open_identity(settings, read_secrets(settings), bus) as opened:
        yield opened


@pytest.fixture
async def port(settings, identity):
    """Where the server listens."""
    detect, alerts = StubDetect(identity.auditor), StubAlerts()
    served = [
        Served("sightline.v1.DetectService", detect, detect_service_pb2_grpc.add_DetectServiceServicer_to_server),
        Served("sightline.v1.AlertService", alerts, alert_service_pb2_grpc.add_AlertServiceServicer_to_server),
    ]
    async with serve_rpc(settings, served, identity, Health(), CollectorRegistry(), LOCATORS) as number:
        yield number


@pytest.fixture
def person(bus, identity):
    """A function that makes somebody with these grants, whom the server knows."""

    async def make(handle, *grants):
        made = Person(await bus.bucket(ACCESS), handle, *grants)
        await identity.book.reached(await made.save())
        return made

    return make
