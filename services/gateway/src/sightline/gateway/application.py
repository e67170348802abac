"""Everything that answers over HTTP, as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.routing import BaseRoute


def application(routes: Iterable[BaseRoute]) -> Starlette:
    """The application. It is never in debug mode: no trace reaches a client."""
    return Starlette(routes=list(routes))
