"""Who is at the other end of a call, as far as TLS has proven it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import grpc


def proven_names(context: grpc.aio.ServicerContext[Any, Any]) -> frozenset[str] | None:
    """DNS names of the caller's certificate; empty where they showed none, None where there is no TLS."""
    facts = context.auth_context()
    if b"ssl" not in facts.get("transport_security_type", ()):
        return None
    return frozenset(name.decode() for name in facts.get("peer_dns", ()))
