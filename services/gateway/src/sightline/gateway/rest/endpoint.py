"""What answers at one path: its methods, each by its row of the table."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from starlette.requests import Request

from sightline.gateway.rest.answers import answer
from sightline.gateway.rest.problem import MethodNotAllowed, problem_response
from sightline.gateway.rest.reading import bearer_of, read_request
from sightline.gateway.rest.route import Shape
from sightline.gateway.rest.streams import Asked, event_stream, followed, lines
from sightline.gateway.rest.upload import upload

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Mapping

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from sightline.gateway.body import BodyGate
    from sightline.gateway.rest.route import Route
    from sightline.gateway.upstream import Upstream

LARGE_BYTES = 32 * 1024 * 1024
"""Of a body with pictures: more than the services take in one message."""
SMALL_BYTES = 1024 * 1024
_STREAMS = {Shape.EVENTS: event_stream, Shape.FOLLOWED: followed, Shape.LINES: lines}


@dataclass(frozen=True)
class Endpoint:
    """Answers at a path; an ASGI application.

    Attributes:
        routes: by their methods.
        upstream: the services.
        bodies: lets bodies in.
        body_seconds: that the next piece of an upload may take.
        stop: is set when the gateway ends.
    """

    routes: Mapping[str, Route]
    upstream: Upstream
    bodies: BodyGate
    body_seconds: float
    stop: asyncio.Event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        route = self.routes.get(request.method)
        try:
            if route is None:
                return problem_response(MethodNotAllowed(", ".join(sorted(self.routes))))
            return await self._called(route, request)
        except grpc.aio.AioRpcError as error:
            return problem_response(error, route.contract.service if route else "")
        except Exception as error:  # noqa: BLE001 - nothing but a problem may reach the caller
            return problem_response(error)

    async def _called(self, route: Route, request: Request) -> Response:
        bearer = bearer_of(request)
        if route.shape is Shape.UPLOAD:
            response = await upload(route, request, self.upstream, bearer, self.body_seconds)
            return answer(route, request, response)
        async with self._body(route, request) as body:
            asked = Asked(route, await read_request(route, request, body), self.upstream, bearer, self.stop)
            if stream := _STREAMS.get(route.shape):
                return await stream(asked)
            return answer(route, request, await asked.once())

    @asynccontextmanager
    async def _body(self, route: Route, request: Request) -> AsyncIterator[bytes]:
        if not route.body:
            yield b""
            return
        async with self.bodies.body(request, LARGE_BYTES if route.is_large else SMALL_BYTES) as body:
            yield body
