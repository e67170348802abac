"""Everything that answers over HTTP, as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from sightline.gateway.http_metrics import HttpMetrics
from sightline.gateway.http_traces import HttpTraces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp


def application(routes: Iterable[BaseRoute], registry: CollectorRegistry, trace_ratio: float = 0.0) -> ASGIApp:
    """The application; `trace_ratio` is the share of recorded traces. Never in debug mode: no traceback for clients."""
    return HttpMetrics(HttpTraces(Starlette(routes=list(routes)), trace_ratio), registry)
