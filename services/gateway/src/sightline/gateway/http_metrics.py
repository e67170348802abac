"""What the gateway answers, counted: by API and status, never by path, of which there is no end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CUT_OFF = "cut off"


class HttpMetrics:
    """Passes everything on to an application.

    Args:
        app: answers.
        registry: of the metrics.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter("sightline_http_requests", "Answers.", ("api", "status"), registry=registry)
        self._seconds = Histogram("sightline_http_seconds", "Time of a request.", ("api",), registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        began, status = time.perf_counter(), CUT_OFF

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        api = api_of(scope.get("path", ""))
        try:
            await self._app(scope, receive, noted)
        finally:
            self._requests.labels(api, status).inc()
            self._seconds.labels(api).observe(time.perf_counter() - began)


def api_of(path: str) -> str:
    """Which API a path belongs to: `rekognition`, `rest` or `none`."""
    if path == "/":
        return "rekognition"
    return "rest" if path.startswith("/v1/") else "none"
