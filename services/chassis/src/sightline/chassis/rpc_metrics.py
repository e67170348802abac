from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class RpcMetrics:
    """What the gRPC server of a process counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter("sightline_rpc_calls", "Calls by outcome.", ("method", "outcome"), registry=registry)
        self.seconds = Histogram("sightline_rpc_seconds", "Time of a call.", ("method",), registry=registry)
