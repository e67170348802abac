"""What answers at one path, each of its methods by a function of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from sightline.gateway.rest.problem import MethodNotAllowed, problem_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send


class ByMethod:
    """An ASGI application; whatever goes wrong is a problem document, as everywhere below `/v1`."""

    def __init__(self, **methods: Callable[[Request], Awaitable[Response]]) -> None:
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        work = self._methods.get(request.method)
        try:
            return await work(request) if work else problem_response(MethodNotAllowed(", ".join(sorted(self._methods))))
        except Exception as error:  # noqa: BLE001 - nothing but a problem may reach the caller
            return problem_response(error)
