"""The HTTP server: uvicorn in our own loop, with our own lifecycle and certificates that can be renewed."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

import uvicorn

from sightline.chassis.port import port_taken
from sightline.chassis.tls.context import ServerContexts
from sightline.gateway.http_protocol import PatientProtocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp

    from sightline.gateway.settings import GatewaySettings

BACKLOG = 512
KEEP_ALIVE_SECONDS = 75


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn.Server."""
        await super().startup(sockets)
        self.listening.set()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # theirs is a generator's
        """Leaves signals to whoever runs the service."""
        return nullcontext()


@asynccontextmanager
async def serve_http(settings: GatewaySettings, app: ASGIApp) -> AsyncIterator[int]:
    """Serves while the block runs; yields the port. At its end requests in flight may finish.

    Raises:
        FailedPrecondition: PORT_TAKEN, PLAINTEXT_REFUSED, and as CertificateFolder.
    """
    listener = _listener(settings)
    config = uvicorn.Config(
        app,
        http=PatientProtocol,  # of h11, which bounds headers
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=settings.connections,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
    )
    config.load()
    config.ssl = _context(settings)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    try:
        await server.listening.wait()
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        listener.close()


def _listener(settings: GatewaySettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    # Of a socket that does not name TCP asyncio takes no connection's delay away: each answer's body then waits for the
    # client to acknowledge its head, 40 ms later.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.bind, settings.http_port))
    except OSError as error:
        listener.close()
        raise port_taken(settings.http_port, "SIGHTLINE_HTTP_PORT") from error
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _context(settings: GatewaySettings) -> ssl.SSLContext | None:
    """The context of connections, each of which gets the certificate of its moment; None: plain text."""
    certificates = settings.certificates
    if certificates is None:
        return None
    contexts = ServerContexts(certificates)

    def renew(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = contexts.current()

    first = contexts.current()
    first.sni_callback = renew
    return first
