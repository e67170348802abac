"""One call on its way through the gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from sightline.chassis import tracing
from sightline.chassis.ids import new_id

if TYPE_CHECKING:
    import grpc

    from sightline.chassis.principal import Principal


@dataclass(slots=True)
class Call:
    """What is known of a call so far."""

    method: str
    context: grpc.aio.ServicerContext[Any, Any]
    request_id: str
    headers: dict[str, str | bytes] = field(repr=False)
    span: tracing.Span
    principal: Principal | None = None

    def forget_span(self) -> None:
        """Nobody hears of the call's span: strangers shall not fill the collector."""
        self.span = tracing.NOWHERE


def begun(method: str, context: grpc.aio.ServicerContext[Any, Any]) -> Call:
    """A call that has just come in; the log names its number, and the trace that it belongs to, from now on."""
    headers = dict(context.invocation_metadata() or ())
    request_id, sent = new_id(), headers.get(tracing.HEADER)
    span = tracing.begin(
        method.removeprefix("/"),
        tracing.SpanKind.SERVER,
        parent=tracing.received(sent if isinstance(sent, str) else None),
        method=method,
        request=request_id,
    )
    structlog.contextvars.bind_contextvars(request_id=request_id)
    tracing.enter(span)
    return Call(method, context, request_id, headers, span)


def host_of(peer: str) -> str:
    """The address in gRPC's name of a peer, `ipv4:127.0.0.1:40000`: every connection has a port of its own."""
    return peer.rpartition(":")[0]
