"""REST as an application mounts it."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Mount, Router
from starlette.routing import Route as PathRoute

from sightline.chassis.errors import NotFound
from sightline.gateway.rest.answers import JSON
from sightline.gateway.rest.by_method import ByMethod
from sightline.gateway.rest.endpoint import Endpoint
from sightline.gateway.rest.openapi.document import document
from sightline.gateway.rest.problem import problem_response
from sightline.gateway.rest.table import ROUTES

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from sightline.gateway.body import BodyGate
    from sightline.gateway.rest.route import Route
    from sightline.gateway.settings import GatewaySettings
    from sightline.gateway.upstream import Upstream

PREFIX = "/v1"
_HEARD = ["Authorization", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID"]
_SHOWN = ["ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Request-Id"]


def routes(
    upstream: Upstream,
    bodies: BodyGate,
    settings: GatewaySettings,
    stop: asyncio.Event,
    beside: Sequence[PathRoute] = (),
) -> list[BaseRoute]:
    """Everything below `/v1`.

    Args:
        upstream: the services.
        bodies: lets bodies in.
        settings: of the gateway.
        stop: is set when it ends; streams of events end with it.
        beside: what lies there and is no RPC.
    """
    paths = [PathRoute("/openapi.json", ByMethod(GET=_openapi, HEAD=_openapi)), *beside]
    for path, rows in _by_path(ROUTES).items():
        paths.append(PathRoute(path, Endpoint(rows, upstream, bodies, settings.body_seconds, stop)))
    app: ASGIApp = Router(paths, redirect_slashes=False, default=_nowhere)
    if settings.cors_origins:
        allow = partial(CORSMiddleware, allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"], allow_headers=_HEARD)
        app = allow(app, allow_origins=settings.cors_origins, expose_headers=_SHOWN)
    return [_Everything(PREFIX, app)]


class _Everything(Mount):
    """Takes what lies below its path, also where somebody writes line breaks into addresses."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def _by_path(rows: tuple[Route, ...]) -> dict[str, dict[str, Route]]:
    """Paths without fields come first: `/audit/seals` is no `/audit/{id}`."""
    found: dict[str, dict[str, Route]] = {}
    for row in sorted(rows, key=lambda row: row.path.count("{")):
        found.setdefault(row.path, {})[row.verb] = row
    return found


async def _openapi(_: Request) -> Response:
    return Response(document(), media_type=JSON)


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(NotFound("PATH_UNKNOWN", "There is nothing at this path: see /v1/openapi.json."))
    await response(scope, receive, send)
