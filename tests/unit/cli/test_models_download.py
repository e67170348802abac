"""Downloads against a real HTTP server: continued, checked, and never half in place."""

import fcntl
import hashlib
import ssl

import httpx
import pytest

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, Unavailable
from sightline.cli.models.download import Downloads, Mirror, Wanted, download_client
from sightline.cli.models.partial import PartialFile
from sightline.cli.models.sources import Source

BODY = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(BODY).hexdigest()
CONTEXT = ssl.create_default_context()


@pytest.fixture
def get(tmp_path, file_server):
    """Fetch `/w.onnx` as a user would, with what is known of it; gives the bytes that came."""
    file_server.files["/w.onnx"] = BODY
    told = []

    def fetch(sha256=DIGEST, urls=None):
        wanted = Wanted("w.onnx", urls or (f"{file_server.address}/w.onnx",), len(BODY), sha256)
        target = tmp_path / "target.onnx"
        with download_client(CONTEXT) as client:
            Downloads(tmp_path / "downloads", client).fetch(wanted, target, told.append)
        return target.read_bytes()

    fetch.told = told
    fetch.parts = lambda: [path for path in (tmp_path / "downloads").iterdir() if path.suffix == ".part"]
    return fetch


def ranges(server):
    return [asked[1] for asked in server.asked]


def test_a_file_comes_whole_and_leaves_nothing_behind(get):
    """Size and hash agree; the progress ends at the file's size; no partial file stays."""
    assert get() == BODY
    assert get.told[-1] == len(BODY)
    assert not get.parts()


def test_a_broken_connection_is_continued_at_once(get, file_server):
    """The second question asks for the rest only, and for that of the same version."""
    file_server.cuts = [100_000]
    assert get() == BODY
    assert file_server.asked[1:] == [("/w.onnx", "bytes=100000-", '"v1"')]


def test_a_download_is_continued_by_the_next_command(get, file_server):
    """Three broken connections end the command; the next one begins where the third ended."""
    file_server.cuts = [1000, 1000, 1000]
    with pytest.raises(Unavailable, match="MODEL_DOWNLOAD_FAILED"):
        get()
    assert get() == BODY
    assert ranges(file_server) == [None, "bytes=1000-", "bytes=2000-", "bytes=3000-"]


def test_a_server_without_ranges_sends_it_again(get, file_server):
    """A whole answer to a question for the rest replaces what was there."""
    file_server.cuts, file_server.has_ranges = [1000], False
    assert get() == BODY


def test_a_new_version_is_never_appended_to_the_old_one(get, file_server):
    """If-Range: the server's file has changed between the two halves, so all of it comes again."""
    file_server.files["/w.onnx"], file_server.etag = b"old" * 341_333 + b"!", '"v0"'
    file_server.cuts = [1000] * 3
    with pytest.raises(Unavailable):
        get()
    file_server.files["/w.onnx"], file_server.etag = BODY, '"v1"'
    assert get() == BODY


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_version_a_wrong_half_costs_one_more_download(get, file_server, etag):
    """No name of the version: the hash tells that the halves do not fit, and the file comes from the start."""
    file_server.etag, file_server.cuts = etag, [1000] * 3
    file_server.files["/w.onnx"] = b"x" * len(BODY)
    with pytest.raises(Unavailable):
        get()
    file_server.files["/w.onnx"] = BODY
    assert get() == BODY
    assert ranges(file_server)[-2:] == ["bytes=3000-", None]


def test_without_version_and_hash_nothing_is_continued(get, file_server):
    """Nobody could tell whether the halves fit."""
    file_server.etag, file_server.cuts = "", [1000]
    assert get(sha256=None) == BODY
    assert ranges(file_server) == [None, None]


def test_a_wrong_hash_keeps_nothing(get, file_server, tmp_path):
    """MODEL_HASH_MISMATCH: no target, no partial file."""
    file_server.files["/w.onnx"] = b"?" + BODY[1:]
    with pytest.raises(FailedPrecondition, match="MODEL_HASH_MISMATCH"):
        get()
    assert not (tmp_path / "target.onnx").exists()
    assert not get.parts()


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"!"], ids=["short", "long"])
def test_a_wrong_size_is_refused_before_a_byte_is_read(get, file_server, body):
    """MODEL_SIZE_MISMATCH says both sizes."""
    file_server.files["/w.onnx"] = body
    with pytest.raises(FailedPrecondition, match=rf"MODEL_SIZE_MISMATCH.*{len(body):,} bytes, expected {len(BODY):,}"):
        get()
    assert not get.told


@pytest.mark.parametrize("status", [404, 403, 500, 503])
def test_a_refusal_names_its_status(get, file_server, status):
    """MODEL_DOWNLOAD_FAILED with the server's word and host, and what to do."""
    file_server.files.clear()
    file_server.status = status
    with pytest.raises(Unavailable, match=rf"127\.0\.0\.1 \(HTTP {status}\).*--mirror"):
        get()


def test_a_password_in_an_address_is_never_shown(get, file_server):
    """Only the host is named."""
    file_server.files.clear()
    with pytest.raises(Unavailable) as caught:
        get(urls=(file_server.address.replace("http://", "http://me:hunter2@") + "/w.onnx",))
    assert "hunter2" not in str(caught.value)


def test_nobody_listening_is_said(get):
    """MODEL_DOWNLOAD_FAILED, with the kind of error."""
    with pytest.raises(Unavailable, match="ConnectError"):
        get(urls=("http://127.0.0.1:9/w.onnx",))


def test_the_next_address_is_asked(get, file_server):
    """A server that lost the file does not hide one that has it."""
    assert get(urls=(f"{file_server.address}/gone.onnx", f"{file_server.address}/w.onnx")) == BODY


def test_a_forged_file_is_told_whatever_the_next_address_says(get, file_server):
    """MODEL_HASH_MISMATCH, not the 404 of the server that was asked after it: nobody falls back unwarned."""
    file_server.files["/w.onnx"] = b"?" + BODY[1:]
    with pytest.raises(FailedPrecondition, match="MODEL_HASH_MISMATCH"):
        get(urls=(f"{file_server.address}/w.onnx", f"{file_server.address}/gone.onnx"))


def test_redirects_are_followed(get, file_server):
    """As releases on a forge lead to a storage server."""
    file_server.redirects["/release"] = f"{file_server.address}/w.onnx"
    assert get(urls=(f"{file_server.address}/release",)) == BODY


def test_a_redirect_from_https_to_http_is_refused(tmp_path):
    """REDIRECT_REFUSED: what was asked for under a certificate is not taken without one."""
    transport = httpx.MockTransport(lambda _: httpx.Response(302, headers={"location": "http://elsewhere/w.onnx"}))
    with download_client(CONTEXT, transport) as client, pytest.raises(FailedPrecondition, match="REDIRECT_REFUSED"):
        Downloads(tmp_path, client).fetch(Wanted("w", ("https://here/w.onnx",)), tmp_path / "w", lambda _: None)


def test_a_second_download_of_the_same_file_is_kept_out(get, file_server, tmp_path):
    """DOWNLOAD_RUNNING: two writers would make one broken file."""
    part = PartialFile(tmp_path / "downloads", f"{file_server.address}/w.onnx", "w.onnx")
    with part.locked(), pytest.raises(AlreadyExists, match="DOWNLOAD_RUNNING"):
        get()
    with part.path.with_suffix(".lock").open("a") as free:
        fcntl.flock(free, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_mirror_serves_python_archives_too(file_server, tmp_path):
    """A site without the internet needs one folder for every pack."""
    file_server.files["/air/gap/toy-1.0.whl"] = BODY
    source = Source("toy", "1.0", "toy-1.0.whl", len(BODY), DIGEST, "MIT", ())
    with download_client(CONTEXT) as client:
        mirror = Mirror(f"{file_server.address}/air/gap/", Downloads(tmp_path, client))
        mirror.download(source, tmp_path / "toy", lambda _: None)
    assert (tmp_path / "toy").read_bytes() == BODY
