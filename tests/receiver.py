"""A receiver of webhooks: a small HTTP server that answers as it is told, and keeps all that it took."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from standardwebhooks.webhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certificates import Identity


@dataclass(frozen=True)
class Taken:
    """One request: its headers by their names in lower case, how it was answered, and when (seconds, monotonic)."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def alert(self) -> tuple[str, int]:
        """Which revision of which alert it is about."""
        return self.json["alert"]["id"], self.json["alert"]["revision"]

    def verify(self, secret: str) -> None:
        """As a receiver of the standard does; raises WebhookVerificationError."""
        Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """Answers with what `answer` gives for a request: a status, and headers."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    answer: Callable[[Taken], tuple[int, dict[str, str]]] = lambda _: (204, {})
    delay: float = 0.0
    """Seconds that each answer takes, unless it is `hurried`."""
    hurried: threading.Event = field(default_factory=threading.Event)
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}/alerts"

    def status(self, status: int, **headers: str) -> None:
        """Answer so from now on."""
        self.answer = lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()})

    @property
    def accepted(self) -> list[Taken]:
        """Those that were answered with success, in their order."""
        return [taken for taken in self.taken if 200 <= taken.status < 300]

    def first_acceptances(self) -> dict[str, list[int]]:
        """By alert, its revisions in the order in which each was first accepted."""
        seen: dict[str, list[int]] = {}
        for alert_id, revision in (taken.alert for taken in self.accepted):
            if revision not in seen.setdefault(alert_id, []):
                seen[alert_id].append(revision)
        return seen

    def repeats(self) -> int:
        """How often something was accepted that had been before."""
        return sum(count - 1 for count in Counter(taken.headers["webhook-id"] for taken in self.accepted).values())


@contextmanager
def receiving(identity: Identity | None = None) -> Iterator[Receiver]:
    """A running receiver on a free port of this machine; with a certificate by TLS."""
    receiver = Receiver(scheme="https" if identity else "http")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed in the middle
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.hurried.wait(receiver.delay)
            status, extra = receiver.answer(Taken(self.path, headers, body, 0))
            receiver.taken.append(Taken(self.path, headers, body, status))
            self.send_response(status)
            for name, value in {"content-length": "0", **extra}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if identity:
            server.socket = identity.server().wrap_socket(server.socket, server_side=True)
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
