"""S3-compatible stores for tests: a real one (moto's server), and one that does as it is told."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
from free_ports import find_free_ports

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 60.0
PIECE = 1000


@contextmanager
def serve_moto(log: Path) -> Iterator[str]:
    """Moto's server as a process of its own; gives its endpoint. It asks who reads, and believes every answer."""
    (port,) = find_free_ports(1)
    endpoint = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        _wait(endpoint, log)
        yield endpoint
    finally:
        process.kill()
        process.wait()


def put(endpoint: str, bucket: str, key: str, data: bytes, acl: str = "private") -> None:
    """Store an object, and make its bucket where there is none."""
    with httpx.Client(base_url=endpoint, trust_env=False, timeout=60) as client:
        client.put(f"/{bucket}")
        client.put(f"/{bucket}/{quote(key)}", content=data, headers={"x-amz-acl": acl}).raise_for_status()


def _wait(endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(endpoint, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"moto does not answer:\n{log.read_text()}")


@dataclass
class ToldStore:
    """One object, at every path.

    Attributes:
        data: the object.
        etag: its version.
        status: what it answers instead, unless 0; with 3xx it sends to `elsewhere`.
        breaks: after so many bytes it breaks off, once for each entry.
        pause_s: between pieces of a thousand bytes.
        asked: the paths and headers of all requests.
    """

    data: bytes = b""
    etag: str = '"1"'
    status: int = 0
    elsewhere: str = ""
    breaks: list[int] = field(default_factory=list)
    pause_s: float = 0.0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    endpoint: str = ""

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None) -> Iterator[ToldStore]:
        """Serves while the block runs."""
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                store.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # whoever does not trust it hangs up
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """One request."""
        headers = dict(request.headers)
        self.asked.append((request.path, headers))
        start = int(headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        status = self.status or (412 if headers.get("If-Match", self.etag) != self.etag else 206 if start else 200)
        request.send_response(status)
        if status not in {200, 206}:
            request.send_header("Location", self.elsewhere + request.path)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_header("ETag", self.etag)
        request.send_header("Content-Range", f"bytes {start}-{len(self.data) - 1}/{len(self.data)}")
        request.send_header("Content-Length", str(len(self.data) - start))
        request.end_headers()
        self._send(request, start)

    def _send(self, request: http.server.BaseHTTPRequestHandler, start: int) -> None:
        end = start + self.breaks.pop(0) if self.breaks else len(self.data)
        try:
            for place in range(start, end, PIECE):
                request.wfile.write(self.data[place : min(place + PIECE, end)])
                time.sleep(self.pause_s)
        except ConnectionError:  # whoever asked has gone
            request.close_connection = True
