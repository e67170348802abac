"""A server with the transit engine's two calls, as Vault answers them: the same cryptography, in memory."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Transit:
    """What it knows, and how it behaves; `asked` are the paths of the calls."""

    token: str = "a token for tests"  # noqa: S105 - opens nothing but this server
    keys: list[AESGCM] = field(default_factory=lambda: [AESGCM(secrets.token_bytes(32))])
    asked: list[str] = field(default_factory=list)
    raw: bytes | None = None
    drops: float = 0.0
    url: str = ""

    def rotate(self) -> None:
        """As `vault write -f transit/keys/<name>/rotate`: the next version wraps, all unwrap."""
        self.keys.append(AESGCM(secrets.token_bytes(32)))

    def answer(self, path: str, token: str, body: dict) -> tuple[int, bytes]:
        """Status and content."""
        self.asked.append(path)
        if self.raw is not None:
            return 200, self.raw
        if token != self.token:
            return 403, b'{"errors":["permission denied"]}'
        if path == "/v1/transit/encrypt/sightline":
            nonce = secrets.token_bytes(12)
            sealed = nonce + self.keys[-1].encrypt(nonce, base64.b64decode(body["plaintext"]), None)
            return _data(ciphertext=f"vault:v{len(self.keys)}:{base64.b64encode(sealed).decode()}")
        if path == "/v1/transit/decrypt/sightline":
            _, version, text = body["ciphertext"].split(":")
            sealed = base64.b64decode(text)
            try:
                plain = self.keys[int(version[1:]) - 1].decrypt(sealed[:12], sealed[12:], None)
            except (InvalidTag, IndexError):
                return 400, b'{"errors":["invalid ciphertext"]}'
            return _data(plaintext=base64.b64encode(plain).decode())
        return 404, b'{"errors":["no handler for route"]}'


def _data(**fields: str) -> tuple[int, bytes]:
    return 200, json.dumps({"data": fields}).encode()


@contextmanager
def running_transit() -> Iterator[Transit]:
    """It answers at `url` while the block runs."""
    transit = Transit()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, content = transit.answer(self.path, self.headers["x-vault-token"], body)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            for byte in content:
                self.wfile.write(bytes([byte]))
                time.sleep(transit.drops)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # whoever asked has left
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        transit.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield transit
        finally:
            server.shutdown()
            thread.join()
