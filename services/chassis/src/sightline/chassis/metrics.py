"""The metrics endpoint: Prometheus text over HTTP."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)

from sightline.chassis.port import port_taken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.settings import ServiceSettings


def new_registry() -> CollectorRegistry:
    """A registry with the process's own figures in it."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


@asynccontextmanager
async def serve_metrics(settings: ServiceSettings, registry: CollectorRegistry) -> AsyncIterator[int]:
    """Serves the registry while the block runs; yields the port. Raises FailedPrecondition PORT_TAKEN."""
    try:
        server, thread = start_http_server(settings.metrics_port, settings.bind, registry)
    except OSError as error:
        raise port_taken(settings.metrics_port, "SIGHTLINE_METRICS_PORT") from error
    try:
        yield server.server_port
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        await asyncio.to_thread(thread.join)
