"""The metrics endpoint: Prometheus text over HTTPS."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib.metadata import version
from threading import Thread
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    make_wsgi_app,
)

from sightline.chassis.metrics_server import MetricsServer
from sightline.chassis.port import port_taken
from sightline.chassis.tls.context import ServerContexts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.settings import ServiceSettings


def new_registry() -> CollectorRegistry:
    """A registry with the process's own figures and its release in it."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    info = Gauge("sightline_build_info", "1, with the release that runs.", ("version",), registry=registry)
    info.labels(version("sightline-chassis")).set(1)
    return registry


@asynccontextmanager
async def serve_metrics(settings: ServiceSettings, registry: CollectorRegistry) -> AsyncIterator[int]:
    """Serves the registry while the block runs, over TLS where the service has it; yields the port.

    Raises:
        FailedPrecondition: PORT_TAKEN, PLAINTEXT_REFUSED, and as CertificateFolder.
    """
    certificates = settings.certificates
    contexts = ServerContexts(certificates) if certificates else None
    if contexts:
        end = Gauge("sightline_certificate_end_seconds", "When the certificate ends, since 1970.", registry=registry)
        end.set_function(contexts.end)
    try:
        server = MetricsServer(settings.bind, settings.metrics_port, make_wsgi_app(registry), contexts)
    except OSError as error:
        raise port_taken(settings.metrics_port, "SIGHTLINE_METRICS_PORT") from error
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        await asyncio.to_thread(thread.join)
