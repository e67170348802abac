"""Sending spans to a collector by OTLP over gRPC; off unless a setting names one."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from importlib.metadata import version
from threading import Timer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import grpc

from sightline.chassis import tracing
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.tls.loopback import require_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

    from sightline.chassis.settings import ServiceSettings

EXPORT_SECONDS = 5.0
END_SECONDS = 3.0
"""What is left is sent for so long at most, once everything else has ended."""


@asynccontextmanager
async def exporting(settings: ServiceSettings) -> AsyncIterator[None]:
    """Sends spans that begin in the block to the collector, if one is named. One that is away holds up nobody.

    Raises:
        FailedPrecondition: PLAINTEXT_REFUSED; OTLP_CA_FILE_INVALID.
    """
    if not settings.otlp_endpoint:
        yield
        return
    exporter = _exporter(settings)
    provider = _provider(settings, exporter)
    try:
        with tracing.recorded_by(provider.get_tracer("sightline")):
            yield
    finally:
        await asyncio.to_thread(_end, provider, exporter)


def _exporter(settings: ServiceSettings) -> SpanExporter:
    # It takes half a second to load: only those pay for it who send.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above

    return OTLPSpanExporter(
        endpoint=settings.otlp_endpoint,
        credentials=_credentials(settings),
        timeout=EXPORT_SECONDS,
        # It is reached directly: a proxy that the environment names for the web is none for it.
        channel_options=(("grpc.enable_http_proxy", 0),),  # type: ignore[arg-type]  # gRPC takes numbers, too
    )


def _provider(settings: ServiceSettings, exporter: SpanExporter) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as in `_exporter`
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415 - as above

    who = {
        "service.namespace": "sightline",
        "service.name": settings.service,
        "service.version": version("sightline-chassis"),
        "service.instance.id": socket.gethostname(),
    }
    provider = TracerProvider(ParentBasedTraceIdRatio(settings.trace_ratio), Resource(who), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _credentials(settings: ServiceSettings) -> grpc.ChannelCredentials | None:
    """None: in plain text, on this machine."""
    address = urlsplit(settings.otlp_endpoint)
    if address.scheme == "http":
        require_loopback(address.hostname or "", "traces", "give SIGHTLINE_OTLP_ENDPOINT an https:// address.")
        return None
    try:
        return grpc.ssl_channel_credentials(settings.otlp_ca_file.read_bytes() if settings.otlp_ca_file else None)
    except OSError as error:
        raise FailedPrecondition(
            "OTLP_CA_FILE_INVALID", f"SIGHTLINE_OTLP_CA_FILE cannot be read: {error.strerror}."
        ) from error


def _end(provider: TracerProvider, exporter: SpanExporter) -> None:
    """Sends what is left. By itself the provider would wait half a minute for a collector that is away."""
    give_up = Timer(END_SECONDS, exporter.shutdown)
    give_up.start()
    provider.shutdown()
    give_up.cancel()
