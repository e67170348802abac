from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry


class RpcMetrics:
    """What the gRPC server of a process counts; `methods` are those that it answers."""

    def __init__(self, registry: CollectorRegistry, methods: Iterable[str]) -> None:
        self.calls = Counter("sightline_rpc_calls", "Calls by outcome.", ("method", "outcome"), registry=registry)
        self.seconds = Histogram(
            "sightline_rpc_seconds",
            "Time of a call that was let in, from its request on.",
            ("method",),
            registry=registry,
        )
        self.running = Gauge("sightline_rpc_running", "Calls that run now.", ("method",), registry=registry)
        # From the start: whoever scales by it has to tell no calls from no answer.
        for method in methods:
            self.running.labels(method)
