"""Requests whose end does not come: gRPC takes them in for as long as somebody waits for them."""

from __future__ import annotations

import grpc
import pytest
from http2_client import half_of, http2_client
from secrets_for_tests import tester_key

from sightline.chassis.reflecting import AT_ONCE

DETECT, WATCH = "/sightline.v1.DetectService/DetectFaces", "/sightline.v1.AlertService/WatchAlerts"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


@pytest.mark.parametrize("method", [DETECT, WATCH])
async def test_a_stranger_s_request_is_not_waited_for(port, method):
    """Whoever nobody knows is refused by their first bytes: of 32 MB that they announce, nothing is held."""
    async with http2_client(port) as client:
        call = client.call(method, half_of())
        assert await client.status(call) == grpc.StatusCode.UNAUTHENTICATED.value[0]


@pytest.mark.parametrize("method", [DETECT, WATCH])
async def test_a_request_has_a_time_in_which_to_come(port, method, monkeypatch):
    """Who may call has a place for so long, and no longer, though their request never ends."""
    monkeypatch.setattr("sightline.chassis.gate.ARRIVAL_SECONDS", 0.1)
    async with http2_client(port) as client:
        call = client.call(method, half_of(), authorization=f"Bearer {tester_key()}")
        assert await client.status(call) == grpc.StatusCode.INVALID_ARGUMENT.value[0]


async def test_health_is_told_to_whoever_sends_no_request(port):
    """What nobody reads takes no memory."""
    async with http2_client(port) as client:
        assert await client.status(client.call("/grpc.health.v1.Health/Check", half_of())) == 0


async def test_reflection_is_for_a_few_at_a_time(port):
    """It reads the requests of strangers: of so many, and of no more."""
    async with http2_client(port) as client:
        calls = [client.call(REFLECTION, half_of()) for _ in range(AT_ONCE + 1)]
        assert await client.status(calls[-1]) == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
