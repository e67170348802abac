"""One call on its way through the gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

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
    principal: Principal | None = None


def begun(method: str, context: grpc.aio.ServicerContext[Any, Any]) -> Call:
    """A call that has just come in; the log names its number from now on."""
    call = Call(method, context, new_id())
    structlog.contextvars.bind_contextvars(request_id=call.request_id)
    return call


def host_of(peer: str) -> str:
    """The address in gRPC's name of a peer, `ipv4:127.0.0.1:40000`: every connection has a port of its own."""
    return peer.rpartition(":")[0]
