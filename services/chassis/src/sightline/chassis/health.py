"""Health that is fed by real checks: a service says SERVING only while each of its parts does its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
import structlog
from grpc_health.v1 import health, health_pb2
from prometheus_client import Gauge

from sightline.chassis.ending import end
from sightline.chassis.errors import SightlineError
from sightline.chassis.port import ALONE, listen

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

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
    """The state that the health service answers with.

    Args:
        registry: gets the check that fails, where the log and `sightline status` say so, too.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.is_serving = True
        self._failing: str | None = "starting"
        self._left = False
        self._change = asyncio.Event()
        labels = ("check", "reason")
        self._shown = Gauge("sightline_health_failing", "1: why it is not ready.", labels, registry=registry)

    def begin(self) -> None:
        """Says NOT_SERVING until the first round of checks; who never begins has none, and serves."""
        self._set(is_serving=not self._failing)

    async def states(self) -> AsyncGenerator[bool, None]:
        """Whether it is serving, now and whenever that changes; whoever is slow misses what was in between."""
        known: bool | None = None
        while True:
            change = self._change
            if self.is_serving != known:
                known = self.is_serving
                yield known
            await change.wait()

    async def look(self, checks: Mapping[str, Check]) -> None:
        """Runs every check once and sets the state; logs only changes."""
        failing = await _first_failure(checks)
        self._set(is_serving=not failing)
        if failing != self._failing:
            log.info("health", state="not_serving" if failing else "serving", failing=failing)
            self._show(failing)
        self._failing = failing

    def _show(self, failing: str | None) -> None:
        self._shown.clear()
        if failing:
            self._shown.labels(*failing.split(": ")).set(1)

    def leave(self) -> None:
        """Says NOT_SERVING from now on, so that nobody sends new work."""
        self._set(is_serving=False)
        self._left = True

    def _set(self, *, is_serving: bool) -> None:
        if is_serving == self.is_serving or self._left:
            return
        self.is_serving = is_serving
        self._change.set()
        self._change = asyncio.Event()

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
            self.leave()


@asynccontextmanager
async def serve_health(settings: ServiceSettings, state: Health) -> AsyncIterator[int]:
    """Serves gRPC health, in plain text, on a port of its own (Kubernetes probes have no TLS); yields the port.

    Raises:
        FailedPrecondition: PORT_TAKEN.
    """
    server = grpc.aio.server(options=[ALONE])
    add_health(state, server)
    port = listen(server, settings.bind, settings.health_port, "SIGHTLINE_HEALTH_PORT")
    state.begin()
    await server.start()
    try:
        yield port
    finally:
        await server.stop(grace=0)


def add_health(state: Health, server: grpc.aio.Server) -> None:
    """Has a server answer for itself, to everybody, whatever part of it they ask for.

    grpcio's own servicer writes to whoever watches under a lock, which one that does not read keeps for good. And it
    reads requests, of which gRPC holds what came until their end comes: 4 MB of each, or 32.
    """

    async def check(_requests: Any, _: Any) -> health_pb2.HealthCheckResponse:
        return _answer(is_serving=state.is_serving)

    async def watch(_requests: Any, _: Any) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        async with aclosing(state.states()) as states:
            async for is_serving in states:
                yield _answer(is_serving=is_serving)

    read, written = health_pb2.HealthCheckRequest.FromString, health_pb2.HealthCheckResponse.SerializeToString
    handlers: dict[str, Any] = {
        "Check": grpc.stream_unary_rpc_method_handler(check, read, written),
        "Watch": grpc.stream_stream_rpc_method_handler(watch, read, written),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(health.SERVICE_NAME, handlers),))


def _answer(*, is_serving: bool) -> health_pb2.HealthCheckResponse:
    return health_pb2.HealthCheckResponse(status=_SERVING if is_serving else _NOT_SERVING)


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
