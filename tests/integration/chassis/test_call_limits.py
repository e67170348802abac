"""Limits of callers as they meet them: at the gate of a server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder, service, tester

from sightline.chassis.access import ForServices, WatchlistIds
from sightline.chassis.errors import NotFound, ResourceExhausted
from sightline.chassis.health import Health
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.rpc import Served, from_rpc_error, open_channel, serve_rpc
from sightline.chassis.settings import ServiceSettings
from sightline.v1 import access_pb2, alert_service_pb2, alert_service_pb2_grpc

LOCATORS = {
    access_pb2.OBJECT_KIND_WATCHLIST: WatchlistIds(),
    access_pb2.OBJECT_KIND_CAMERA: WatchlistIds(),
    access_pb2.OBJECT_KIND_ALERT: ForServices(NotFound("ALERT_NOT_FOUND", "There is none.")),
}


class Settings(ServiceSettings):
    """Of a service that answers to the name of notify."""

    service = "notify"


class StubAlerts(alert_service_pb2_grpc.AlertServiceServicer):
    """An empty list, and a stream without an end."""

    async def ListAlerts(self, _request, _):
        return alert_service_pb2.ListAlertsResponse()

    async def WatchAlerts(self, _request, _):
        yield alert_service_pb2.WatchAlertsResponse(sequence=1)
        await asyncio.Event().wait()


@pytest.fixture
def serving(bus, nats_server):
    """A server with these limits; gives a way to stubs on it."""

    @asynccontextmanager
    async def serve(**limits):
        settings = Settings(secrets_dir=secrets_folder().path, nats_url=nats_server.url, drain_seconds=0, **limits)
        add = alert_service_pb2_grpc.add_AlertServiceServicer_to_server
        served = [Served("sightline.v1.AlertService", StubAlerts(), add)]
        async with (
            open_identity(settings, read_secrets(settings), bus) as identity,
            serve_rpc(settings, served, identity, Health(), CollectorRegistry(), LOCATORS) as port,
            open_channel(f"127.0.0.1:{port}", tester()) as channel,
            open_channel(f"127.0.0.1:{port}", service("match", "notify")) as ours,
        ):
            yield alert_service_pb2_grpc.AlertServiceStub(channel), alert_service_pb2_grpc.AlertServiceStub(ours)

    return serve


async def test_limits_say_when_to_try_again(serving):
    """The fourth call of a burst of three is RATE_LIMITED, with RetryInfo; a service of ours is not limited."""
    async with serving(calls_per_second=0.01, calls_burst=3) as (stub, ours):
        for _ in range(3):
            await stub.ListAlerts(alert_service_pb2.ListAlertsRequest())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListAlerts(alert_service_pb2.ListAlertsRequest())
        for _ in range(10):
            with pytest.raises(grpc.aio.AioRpcError) as other:
                await ours.ListAlerts(alert_service_pb2.ListAlertsRequest())
            assert other.value.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in rpc_status.from_call(refused.value).details)
    assert 0 < retry.retry_delay.ToMilliseconds() <= 100_001
    ours = from_rpc_error(refused.value, "notify")
    assert (type(ours), ours.reason) == (ResourceExhausted, "RATE_LIMITED")
    assert ours.retry_after == retry.retry_delay.ToMilliseconds() / 1000


async def test_limits_of_streams_end_with_them(serving):
    """A second stream is TOO_MANY_CALLS while the first is open, and is let in soon after its caller hung up."""
    async with serving(streams_at_once=1) as (stub, _):
        first = stub.WatchAlerts(alert_service_pb2.WatchAlertsRequest())
        assert (await first.read()).sequence == 1
        with pytest.raises(grpc.aio.AioRpcError, match="the limit"):
            await stub.WatchAlerts(alert_service_pb2.WatchAlertsRequest()).read()
        first.cancel()
        async with asyncio.timeout(60):
            while True:
                again = stub.WatchAlerts(alert_service_pb2.WatchAlertsRequest())
                try:
                    assert (await again.read()).sequence == 1
                except grpc.aio.AioRpcError as error:
                    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED  # noqa: PT017 - soon it is not
                    await asyncio.sleep(0.05)
                else:
                    break
        again.cancel()
