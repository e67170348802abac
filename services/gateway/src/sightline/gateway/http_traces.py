"""Requests as parts of their clients' traces."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from sightline.chassis import tracing
from sightline.gateway.http_metrics import api_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HttpTraces:
    """Passes everything on to an application, within a span; its name is the API: paths and methods have no end.

    Anybody can send a `traceparent`, strangers too. So the trace goes on by the id that it has there, and whether it is
    recorded is decided here.

    Args:
        app: answers.
        ratio: the share of traces that are recorded.
    """

    def __init__(self, app: ASGIApp, ratio: float) -> None:
        self._app = app
        self._ratio = ratio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        sent = dict(scope.get("headers", ())).get(tracing.HEADER.encode(), b"").decode("latin-1")
        chosen = random.random() < self._ratio  # noqa: S311 - no secret
        parent = tracing.received(sent, sampled=chosen)
        span = tracing.begin(f"gateway {api_of(scope.get('path', ''))}", tracing.SpanKind.SERVER, parent=parent)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                tracing.note(span, status=message["status"])
            await send(message)

        try:
            with tracing.within(span):
                await self._app(scope, receive, noted)
        finally:
            span.end()
