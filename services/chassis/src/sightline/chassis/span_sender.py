"""What sends spans, of OpenTelemetry's SDK. It takes half a second to load: only those import this who send."""

from __future__ import annotations

import logging
import socket
from importlib.metadata import version
from threading import Timer
from typing import TYPE_CHECKING

import structlog
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

if TYPE_CHECKING:
    from collections.abc import Sequence

    import grpc
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Tracer

    from sightline.chassis.settings import ServiceSettings

log = structlog.get_logger()

EXPORT_SECONDS = 5.0
END_SECONDS = 3.0
"""What is left is sent for so long at most, once everything else has ended."""
_LIBRARY = logging.getLogger("opentelemetry.exporter.otlp.proto.grpc.exporter")


class SpanSender:
    """Sends a process's spans in batches, in a thread of its own; of those that cannot be sent 2,048 wait.

    Args:
        settings: of the service.
        credentials: of the connection; None: plain text.
    """

    def __init__(self, settings: ServiceSettings, credentials: grpc.ChannelCredentials | None) -> None:
        self._exporter = _Exporter(
            endpoint=settings.otlp_endpoint,
            credentials=credentials,
            timeout=EXPORT_SECONDS,
            # It is reached directly: a proxy that the environment names for the web is none for it.
            channel_options=(("grpc.enable_http_proxy", 0),),  # type: ignore[arg-type]  # gRPC takes numbers, too
        )
        sampler = ParentBasedTraceIdRatio(settings.trace_ratio)
        self._provider = TracerProvider(sampler, Resource(_origin(settings)), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))

    @property
    def tracer(self) -> Tracer:
        """Makes the spans that are sent."""
        return self._provider.get_tracer("sightline")

    def end(self) -> None:
        """Sends what is left. By itself the SDK would wait half a minute for a collector that is away."""
        give_up = Timer(END_SECONDS, self._exporter.shutdown)
        give_up.start()
        self._provider.shutdown()
        give_up.cancel()


class _Exporter(OTLPSpanExporter):
    """Says once why nothing is sent, and not for each batch."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        failed = result is not SpanExportResult.SUCCESS
        if failed != _LIBRARY.disabled:
            log.warning("traces_not_sent" if failed else "traces_sent_again")
        _LIBRARY.disabled = failed
        return result


def _origin(settings: ServiceSettings) -> dict[str, str]:
    return {
        "service.namespace": "sightline",
        "service.name": settings.service,
        "service.version": version("sightline-chassis"),
        "service.instance.id": socket.gethostname(),
    }
