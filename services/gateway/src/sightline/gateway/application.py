"""Everything that answers over HTTP, as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from sightline.chassis.errors import NotFound
from sightline.gateway.http_metrics import HttpMetrics
from sightline.gateway.http_traces import HttpTraces
from sightline.gateway.rest.problem import MethodNotAllowed, problem_response
from sightline.gateway.rest.shield import Shield

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp


def application(routes: Iterable[BaseRoute], registry: CollectorRegistry, trace_ratio: float = 0.0) -> ASGIApp:
    """The application; `trace_ratio` is the share of recorded traces. Never in debug mode: no traceback for clients."""
    app = Starlette(routes=list(routes), exception_handlers={HTTPException: _refused})
    app.router.redirect_slashes = False
    return HttpMetrics(HttpTraces(Shield(app), trace_ratio), registry)


async def _refused(_: Request, error: Exception) -> Response:
    """What no route answers, beside `/v1`: the path of Rekognition's clients, asked for otherwise, or none."""
    allowed = (getattr(error, "headers", None) or {}).get("Allow")
    if allowed:
        return problem_response(MethodNotAllowed(allowed))
    text = "There is nothing at this path: REST is below /v1, see /v1/openapi.json; Rekognition's clients post to /."
    return problem_response(NotFound("PATH_UNKNOWN", text))
