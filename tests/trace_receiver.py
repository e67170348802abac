"""A collector of traces: OTLP's own service on a port of this machine, which keeps every span that it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certificates import Identity
    from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True)
class Told:
    """A span, and which service sent it, by its resource."""

    resource: dict[str, str]
    span: trace_pb2.Span

    @property
    def service(self) -> str:
        """Who did it."""
        return self.resource["service.name"]

    @property
    def trace(self) -> str:
        """The trace's id in hexadecimal digits."""
        return self.span.trace_id.hex()

    @property
    def facts(self) -> dict[str, object]:
        """Its attributes."""
        return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in self.span.attributes}


@dataclass
class TraceReceiver(TraceServiceServicer):
    """What was sent so far."""

    address: str = ""
    spans: list[Told] = field(default_factory=list)

    def Export(
        self, request: pb.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> pb.ExportTraceServiceResponse:
        """See OTLP."""
        del context
        for part in request.resource_spans:
            resource = {each.key: each.value.string_value for each in part.resource.attributes}
            self.spans += [Told(resource, span) for scope in part.scope_spans for span in scope.spans]
        return pb.ExportTraceServiceResponse()

    def of(self, trace: str) -> list[Told]:
        """The spans of a trace."""
        return [told for told in list(self.spans) if told.trace == trace]


@contextmanager
def receiving_traces(identity: Identity | None = None) -> Iterator[TraceReceiver]:
    """A collector while the block runs; with a certificate by TLS."""
    server, receiver = grpc.server(ThreadPoolExecutor(2)), TraceReceiver()
    add_TraceServiceServicer_to_server(receiver, server)
    if identity:
        credentials = grpc.ssl_server_credentials([(identity.key_file.read_bytes(), identity.certificate.encode())])
        receiver.address = f"https://localhost:{server.add_secure_port('127.0.0.1:0', credentials)}"
    else:
        receiver.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield receiver
    finally:
        server.stop(1).wait()
