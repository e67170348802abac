"""The HTTP server of the metrics: a thread for each connection, in which its TLS is agreed upon, too."""

from __future__ import annotations

import socket
import sys
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler

import structlog
from prometheus_client.exposition import ThreadingWSGIServer

if TYPE_CHECKING:
    from sightline.chassis.tls.context import ServerContexts

log = structlog.get_logger()

ANSWER_SECONDS = 10.0
"""Whoever connects and says nothing is left then."""
AT_ONCE = 64
"""Connections; more are closed at once. Each has a thread, and all that the process may have open would be theirs."""


class MetricsServer(ThreadingWSGIServer):
    """Answers every request with one WSGI application.

    prometheus_client's own server agrees upon TLS in the thread that accepts: one client that says nothing would keep
    all others out. It would not take up another certificate, either.

    Args:
        bind: address to listen on.
        port: 0: any that is free.
        app: answers.
        contexts: of TLS; None: plain text.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, bind: str, port: int, app: Any, contexts: ServerContexts | None) -> None:
        self._contexts = contexts
        self._places = BoundedSemaphore(AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        super().__init__((bind, port), _Quiet)
        self.set_app(app)

    def process_request(self, request: Any, client_address: Any) -> None:
        """See socketserver."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            # There was no thread to be had, which would give the place back.
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """See socketserver."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """See socketserver."""
        request.settimeout(ANSWER_SECONDS)
        if self._contexts is None:
            super().finish_request(request, client_address)
            return
        with self._contexts.current().wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's own
        """See socketserver: it is the client's affair."""
        log.debug("metrics_not_fetched", client=client_address[0], why=repr(sys.exception())[:200])


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing of requests."""
