"""Health that is fed by real checks: a service says SERVING only while each of its parts does its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from prometheus_client import Gauge

from sightline.chassis.ending import end
from sightline.chassis.errors import SightlineError
from sightline.chassis.port import ALONE, listen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from prometheus_client import CollectorRegistry

    from sightline.chassis.settings import ServiceSettings

log = structlog.get_logger()

Check: TypeAlias = Callable[[], Awaitable[None]]

CHECK_SECONDS = 1.0
CHECK_TIMEOUT = 3.0
_LATE = TimeoutError.__name__
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """The state that the health service answers with; NOT_SERVING until the first round of checks passes.

    Args:
        registry: gets the check that fails, where the log and `sightline status` say so, too.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.servicer = health.aio.HealthServicer()
        self._failing: str | None = "starting"
        labels = ("check", "reason")
        self._shown = Gauge("sightline_health_failing", "1: why it is not ready.", labels, registry=registry)

    async def begin(self) -> None:
        """Says NOT_SERVING until the first round of checks: grpcio's servicer begins with SERVING."""
        await self.servicer.set("", _NOT_SERVING if self._failing else _SERVING)

    async def look(self, checks: Mapping[str, Check]) -> None:
        """Runs every check once and sets the state; logs only changes."""
        failing = await _first_failure(checks)
        await self.servicer.set("", _NOT_SERVING if failing else _SERVING)
        if failing != self._failing:
            log.info("health", state="not_serving" if failing else "serving", failing=failing)
            self._show(failing)
        self._failing = failing

    def _show(self, failing: str | None) -> None:
        self._shown.clear()
        if failing:
            self._shown.labels(*failing.split(": ")).set(1)

    async def leave(self) -> None:
        """Says NOT_SERVING from now on, so that nobody sends new work."""
        await self.servicer.enter_graceful_shutdown()

    @asynccontextmanager
    async def watching(self, checks: Mapping[str, Check]) -> AsyncIterator[None]:
        """Looks every second while the block runs; at its end the service is not ready any more."""

        async def watch() -> None:
            while True:
                await asyncio.sleep(CHECK_SECONDS)
                await self.look(checks)

        await self.look(checks)
        task = asyncio.create_task(watch())
        try:
            yield
        finally:
            await end(task)
            await self.leave()


@asynccontextmanager
async def serve_health(settings: ServiceSettings, state: Health) -> AsyncIterator[int]:
    """Serves gRPC health, in plain text, on a port of its own (Kubernetes probes have no TLS); yields the port.

    Raises:
        FailedPrecondition: PORT_TAKEN.
    """
    server = grpc.aio.server(options=[ALONE])
    health_pb2_grpc.add_HealthServicer_to_server(state.servicer, server)
    port = listen(server, settings.bind, settings.health_port, "SIGHTLINE_HEALTH_PORT")
    await state.begin()
    await server.start()
    try:
        yield port
    finally:
        await server.stop(grace=0)


async def _first_failure(checks: Mapping[str, Check]) -> str | None:
    for name, check in checks.items():
        reason = await _failure(check)
        if reason == _LATE:
            # Whoever held the process up made checks late that are well: asked again they say so.
            reason = await _failure(check)
        if reason:
            return f"{name}: {reason}"
    return None


async def _failure(check: Check) -> str | None:
    try:
        # Not wait_for: before Python 3.12 it can swallow the cancellation that ends the watching.
        async with asyncio.timeout(CHECK_TIMEOUT):
            await check()
    except SightlineError as error:
        return error.reason
    except Exception as error:  # noqa: BLE001 - whatever a check raises means that the part does not work
        return type(error).__name__
    return None
