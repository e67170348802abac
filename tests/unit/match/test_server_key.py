"""What match shows to a Qdrant server, and what it says where that is refused."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.match.key_sources import server_key
from sightline.match.server_index import open_server_index
from sightline.match.settings import MatchSettings


class Refusing(BaseHTTPRequestHandler):
    """Answers as Qdrant does to whoever shows a key that is not its own, and keeps what was shown."""

    def do_GET(self):
        """Every question."""
        self.server.shown.append(self.headers["api-key"])
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b"Invalid API key or JWT")

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def refusing():
    """A server that takes nobody's key."""
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    server.shown = []
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_key_of_one_s_own_goes_before_the_installation_s(tmp_path):
    """That of a server elsewhere is set; without one the secrets have one; without either nothing starts."""
    settings = MatchSettings(qdrant_url="https://qdrant:6333", secrets_dir=tmp_path)
    with pytest.raises(FailedPrecondition, match=r"SECRETS_MISSING: .*qdrant\.key.*init --add-missing"):
        server_key(settings)
    (tmp_path / "qdrant.key").write_text("the-installation-s")
    (tmp_path / "qdrant.key").chmod(0o600)
    assert server_key(settings) == "the-installation-s"
    assert server_key(settings.model_copy(update={"qdrant_api_key": SecretStr("elsewhere")})) == "elsewhere"


async def test_a_refused_key_is_called_that(refusing):
    """The key goes to the server; where it is not the server's, the error names both places and not the key."""
    url = f"http://127.0.0.1:{refusing.server_port}"
    with (
        pytest.warns(UserWarning, match="insecure"),
        pytest.raises(Unavailable, match=r"QDRANT_KEY_REFUSED: .*qdrant\.key.*QDRANT__SERVICE__API_KEY") as caught,
    ):
        async with open_server_index(url, "not-its-own", "starter", 4):
            pass
    assert set(refusing.shown) == {"not-its-own"}
    assert "not-its-own" not in str(caught.value)
