"""Everything that answers over HTTP, as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from sightline.gateway.http_metrics import HttpMetrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp


def application(routes: Iterable[BaseRoute], registry: CollectorRegistry) -> ASGIApp:
    """The application. It is never in debug mode: no trace reaches a client."""
    return HttpMetrics(Starlette(routes=list(routes)), registry)
