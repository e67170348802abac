"""Fetching pinned archives from an index: a real HTTP server, real archives, no installation."""

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from rich.progress import Progress

from sightline.chassis.errors import FailedPrecondition, NotFound, Unavailable
from sightline.cli.models.cache import WeightCache
from sightline.cli.models.download import Downloads, download_client
from sightline.cli.models.fetch import JSON, PackageIndexes
from sightline.cli.models.indexes import trusted_certificates
from sightline.cli.models.settings import ModelSettings
from sightline.cli.models.sources import Member, Source
from sightline.cli.models.starter import pull_starter, starter_sources

WEIGHT = b"weight " * 1000


class Index(BaseHTTPRequestHandler):
    """A package index of one file; what it serves stands on its server."""

    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        wanted = server.login and "Basic " + base64.b64encode(server.login.encode()).decode()
        if wanted and self.headers["Authorization"] != wanted:
            self.answer(401, "text/plain", b"")
        elif self.path == f"/files/{server.filename}":
            self.answer(200, "application/octet-stream", server.archive)
        elif self.path == f"/simple/{server.package}/":
            self.answer(200, *self.page(server.filename, server.html))
        else:
            self.answer(404, "text/plain", b"")

    def page(self, filename, html):
        link = f"../../files/{filename}"
        if html:
            return "text/html", f'<a href="{link}#sha256=0">{filename}</a>'.encode()
        return JSON, json.dumps({"files": [{"filename": filename, "url": link}]}).encode()

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def index():
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        server.html, server.login, server.asked = False, "", []
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["toy-1.0-py3-none-any.whl", "toy-1.0.tar.gz"])
def toy(request, index):
    """A source of one weight file, served by the index."""
    stream = io.BytesIO()
    if request.param.endswith(".whl"):
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("toy/w.bin", WEIGHT)
    else:
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            entry = tarfile.TarInfo("toy/w.bin")
            entry.size = len(WEIGHT)
            archive.addfile(entry, io.BytesIO(WEIGHT))
    index.archive, index.package, index.filename = stream.getvalue(), "toy-face", request.param
    digest = hashlib.sha256(index.archive).hexdigest()
    member = Member("w", "toy/w.bin", len(WEIGHT), hashlib.sha256(WEIGHT).hexdigest())
    return Source("Toy_Face", "1.0", request.param, len(index.archive), digest, "MIT", (member,))


def address(server, login=""):
    return f"http://{login}127.0.0.1:{server.server_port}/simple"


def settings(tmp_path, **environ):
    return ModelSettings(tmp_path / "state", tmp_path / "cache", tmp_path, environ | {"PIP_CONFIG_FILE": "/dev/null"})


def fill(tmp_path, source, *addresses):
    cache = WeightCache(tmp_path / "cache")
    with download_client(trusted_certificates(settings(tmp_path))) as client:
        indexes = PackageIndexes(addresses, Downloads(tmp_path / "downloads", client), client)
        cache.fill(source, indexes, lambda _: None)
    return cache


@pytest.mark.parametrize("html", [False, True], ids=["PEP 691", "PEP 503"])
def test_a_member_comes_out_of_either_archive_by_either_protocol(tmp_path, index, toy, html):
    """Wheels and sdists, JSON and HTML indexes: the member lies in the cache, the archive does not."""
    index.html = html
    cache = fill(tmp_path, toy, address(index))
    assert cache.has(toy)
    assert [path.read_bytes() for path in (tmp_path / "cache").iterdir()] == [WEIGHT]


def test_a_wrong_hash_is_refused_and_nothing_kept(tmp_path, index, toy):
    """An index that serves another archive under the right name changes nothing here."""
    index.archive = index.archive[:-1] + b"?"
    with pytest.raises(FailedPrecondition, match="SOURCE_HASH_MISMATCH"):
        fill(tmp_path, toy, address(index))
    assert not list((tmp_path / "cache").iterdir())


def test_an_archive_that_is_too_long_is_not_read_to_its_end(tmp_path, index, toy):
    """A hostile index cannot fill the disk."""
    index.archive *= 2
    with pytest.raises(FailedPrecondition, match="SOURCE_HASH_MISMATCH"):
        fill(tmp_path, toy, address(index))


def test_the_next_index_is_asked(tmp_path, index, toy):
    """An index that is down does not hide one that has the file."""
    assert fill(tmp_path, toy, "http://127.0.0.1:9/simple", address(index)).has(toy)


def test_name_and_password_of_an_index_are_used_and_never_shown(tmp_path, index, toy):
    """Credentials in the address reach the index for page and file, and no error repeats them."""
    index.login = "me:hunter2"
    assert fill(tmp_path, toy, address(index, "me:hunter2@")).has(toy)
    with pytest.raises(Unavailable, match="HTTP 401") as caught:
        fill(tmp_path, toy, address(index, "me:wrong2@"))
    assert "wrong2" not in str(caught.value)


def test_an_index_without_the_file_is_named(tmp_path, index, toy):
    """SOURCE_NOT_FOUND for a package or a file that is not there."""
    index.filename = "toy-2.0.whl"
    with pytest.raises(NotFound, match=r"127\.0\.0\.1 has no toy-1\.0"):
        fill(tmp_path, toy, address(index))
    index.package = "other"
    with pytest.raises(NotFound, match="SOURCE_NOT_FOUND"):
        fill(tmp_path, toy, address(index))


def test_no_network_is_told_so(tmp_path, toy):
    """INDEX_UNREACHABLE when nothing listens, NO_INDEX when the user allows none."""
    with pytest.raises(Unavailable, match="INDEX_UNREACHABLE"):
        fill(tmp_path, toy, "http://127.0.0.1:9/simple")
    with pytest.raises(FailedPrecondition, match="NO_INDEX"):
        fill(tmp_path, toy)


def test_a_damaged_cache_entry_is_fetched_again(tmp_path, index, toy):
    """What lies in the cache is believed for its hash, not for its name."""
    cache = fill(tmp_path, toy, address(index))
    cache.path(toy.members[0]).write_bytes(b"damaged")
    assert not cache.has(toy)
    assert not list((tmp_path / "cache").iterdir())


def test_pulling_a_forged_package_leaves_what_was_there(tmp_path, index):
    """A wrong archive of the starter pack: no pack is put in place, and a folder that was there stays as it was."""
    index.archive, index.package, index.filename = b"forged", "mtcnn", starter_sources()[0].filename
    there = settings(tmp_path, UV_INDEX_URL=address(index))
    folder = tmp_path / "state" / "models" / "starter"
    with pytest.raises(FailedPrecondition, match="SOURCE_HASH_MISMATCH"):
        pull_starter(folder, there, Progress(disable=True))
    assert not folder.exists()
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text("broken")
    with pytest.raises(FailedPrecondition, match="SOURCE_HASH_MISMATCH"):
        pull_starter(folder, there, Progress(disable=True))
    assert [path.name for path in folder.parent.iterdir()] == ["starter"]
    assert (folder / "pack.toml").read_text() == "broken"
