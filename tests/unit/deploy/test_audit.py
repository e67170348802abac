"""`make audit`: the gate for known vulnerabilities, against a database of the test's own."""

import json
import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from supply.audit import accepted, main
from supply.questions import questions

pytestmark = pytest.mark.skipif(shutil.which("uv") is None, reason="SKIPPED LOUDLY: uv is not on PATH")
FFMPEG = {
    "bom-ref": "av/libavutil.so.60#ffmpeg",
    "name": "ffmpeg",
    "version": "8.1.1",
    "purl": "pkg:generic/ffmpeg@8.1.1",
    "externalReferences": [{"type": "vcs", "url": "https://github.com/ffmpeg/ffmpeg"}],
    "properties": [
        {"name": "sightline:wheel", "value": "av 18.1.0"},
        {"name": "sightline:tag", "value": "n8.1.1"},
    ],
}
NAMELESS = {
    "bom-ref": "av/libXau.so.6",
    "name": "libXau",
    "properties": [{"name": "sightline:wheel", "value": "av 18.1.0"}],
}


class Database:
    """An OSV that knows what a test tells it; `known` maps a name to an id, `answer` replaces everything it says."""

    def __init__(self):
        self.known, self.answer, self.asked = {}, None, []
        database = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                queries = json.loads(self.rfile.read(int(self.headers["content-length"])))["queries"]
                database.asked += queries
                self.reply({"results": [database.look_up(query["package"]["name"]) for query in queries]})

            def do_GET(self):
                self.reply({"id": self.path.split("/")[-1], "modified": "2026-01-01T00:00:00Z", "summary": "bad"})

            def reply(self, told):
                body = json.dumps(told).encode() if database.answer is None else database.answer
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def look_up(self, name):
        return {"vulns": [{"id": self.known[name], "modified": "2026-01-01T00:00:00Z"}]} if name in self.known else {}


@pytest.fixture
def database():
    made = Database()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def sboms(tmp_path):
    (tmp_path / "ingest.cdx.json").write_text(json.dumps({"components": [FFMPEG, NAMELESS]}))
    return tmp_path


def test_nothing_known_passes(database, sboms, capfd):
    """Packages and what lies in them are asked about, each by its own kind; what cannot be asked about is named."""
    assert main(sboms, set(), database.url) == 0
    assert {"package": {"ecosystem": "GIT", "name": "https://github.com/ffmpeg/ffmpeg"}, "version": "n8.1.1"} in (
        database.asked
    )
    assert "grpcio" in {query["package"]["name"] for query in database.asked}
    assert "look yourself: libXau in av 18.1.0" in capfd.readouterr().out


def test_a_library_in_a_wheel_is_seen(database, sboms, capfd):
    """What `uv audit` cannot see, as the wheel's own version is good: the gate closes and names file and id."""
    database.known["https://github.com/ffmpeg/ffmpeg"] = "CVE-2026-0001"
    assert main(sboms, set(), database.url) == 1
    assert "VULNERABLE av/libavutil.so.60#ffmpeg: CVE-2026-0001" in capfd.readouterr().out


def test_a_package_is_seen(database, sboms, capfd):
    """By `uv audit`, of everything in the lock."""
    database.known["grpcio"] = "PYSEC-2026-1"
    assert main(sboms, set(), database.url) == 1
    assert "PYSEC-2026-1" in capfd.readouterr().out


def test_what_is_accepted_passes(database, sboms):
    """In a wheel and as a package; anything else closes the gate as before."""
    database.known |= {"https://github.com/ffmpeg/ffmpeg": "CVE-2026-0001", "grpcio": "PYSEC-2026-1"}
    assert main(sboms, {"CVE-2026-0001", "PYSEC-2026-1"}, database.url) == 0
    assert main(sboms, {"PYSEC-2026-1"}, database.url) == 1


def test_a_database_out_of_reach_is_no_pass(sboms, capfd):
    """The exit code is another than for a finding, and the words say that nothing was looked at."""
    assert main(sboms, set(), "http://127.0.0.1:9") == 2
    assert "NOT AUDITED: http://127.0.0.1:9 gives no answer" in capfd.readouterr().err


@pytest.mark.parametrize("answer", [b"", b"<html>sign in</html>", b"{}", b'{"results": []}'])
def test_what_is_no_answer_is_no_pass(database, sboms, answer, capfd):
    """A proxy's page, or fewer results than questions."""
    database.answer = answer
    assert main(sboms, set(), database.url) == 2
    assert "NOT AUDITED" in capfd.readouterr().err


def test_without_sboms_nothing_is_audited(tmp_path):
    """It says what makes them."""
    with pytest.raises(FileNotFoundError, match="make sbom"):
        main(tmp_path, set(), "http://127.0.0.1:9")


def test_what_is_accepted_ends(tmp_path):
    """On the day after its last, and without a reason it never was."""
    today = datetime.now(UTC).date()
    rows = [("new", "why", today), ("old", "why", today - timedelta(days=1)), ("bare", "", date.max)]
    text = "".join(f'[[accepted]]\nid = "{id_}"\nreason = "{why}"\nuntil = {day}\n' for id_, why, day in rows)
    (tmp_path / "accepted.toml").write_text(text)
    assert accepted(tmp_path / "accepted.toml") == {"new"}


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:cargo/tonic@0.14.6?vcs_url=git", ("crates.io", "tonic", "0.14.6")),
        ("pkg:github/abseil/abseil-cpp@v20250127.0", ("GIT", "https://github.com/abseil/abseil-cpp", "v20250127.0")),
        ("pkg:rpm/almalinux/openssl-libs@1.1.1k-15.el8_6", ("AlmaLinux:8", "openssl-libs", "1:1.1.1k-15.el8_6")),
        ("pkg:rpm/almalinux/libdrm@2.4.115-2.el8", ("AlmaLinux:8", "libdrm", "2.4.115-2.el8")),
    ],
)
def test_each_kind_is_asked_about_by_its_name(purl, expected):
    """As the database knows it; without the epoch every OpenSSL of AlmaLinux would look too old."""
    [question] = questions({"name": "it", "purl": purl})
    assert (*question["package"].values(), question["version"]) == expected
