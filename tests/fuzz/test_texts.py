"""What people type, paste and give as files, against what reads it."""

import asyncio
import io
import json
from functools import partial
from ipaddress import ip_network

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st
from mutations import spoilt
from pyarrow import parquet
from secrets_for_tests import secrets_folder, token_of

from sightline.chassis.errors import SightlineError
from sightline.chassis.identity.api_key import new_key, parse
from sightline.chassis.identity.service_token import ServiceTokens, claimed_issuer
from sightline.chassis.policy import load_policy
from sightline.cli.audit_file import read_anchors
from sightline.cli.import_sources import find_entries
from sightline.ingest.source import SourceRules, admit
from sightline.notify.webhook_url import check_url, shown_url

pytestmark = pytest.mark.timeout(3600)
URLS = [
    b"https://hooks.example.com:8443/a/b?token=secret#x",
    b"https://user:password@[2001:db8::1]/",
    b"http://0x7f.1/",
    b"rtsp://127.0.0.1:8554/stream?x=1",
    b"file:///etc/passwd",
    b"v4l2:/dev/video0",
    b"https://xn--bcher-kva.example/%2e%2e/",
]


def texts(originals):
    return spoilt(originals).map(lambda data: data.decode(errors="replace")) | st.text(max_size=200)


def refused(act, *given, **named):
    """Whether it was refused, as it may be; anything else that is raised is a finding."""
    try:
        act(*given, **named)
    except SightlineError:
        return True
    return False


def test_webhook_urls(fuzz):
    """A URL is taken or refused; what is shown of one has no query."""

    def check(text):
        if not refused(check_url, text, allow_http=False, declared=[ip_network("10.0.0.0/8")]):
            assert "?" not in shown_url(text).removesuffix("?***")

    assert fuzz(check, texts(URLS))


def test_source_urls(fuzz, tmp_path):
    """No URL of a source opens what was not declared."""
    rules = SourceRules(camera_networks=(ip_network("127.0.0.0/8"),), video_roots=(tmp_path,))

    def check(text):
        try:
            source = asyncio.run(admit(text, rules))
        except SightlineError:
            return
        assert source.opened.startswith(("rtsp", "http", str(tmp_path)))

    numbers = st.sampled_from(["rtsp", "http", "file", "v4l2", "concat", "exec"])
    urls = texts(URLS).filter(lambda text: "//" not in text or "127.0.0.1" in text)  # no names are looked up
    assert fuzz(check, urls | st.tuples(numbers, st.text(max_size=30)).map(":///".join))


def test_credentials(fuzz):
    """Whatever stands in `authorization`: a caller or a refusal."""
    tokens = ServiceTokens("detect", secrets_folder().trusted_services())
    good = [new_key().text.encode(), token_of("match", "detect").encode()]

    def check(text):
        assert parse(text) is None or text.isascii()
        refused(claimed_issuer, text)
        refused(tokens.principal, text)

    assert fuzz(check, texts(good))


def test_seals_and_policies(fuzz, tmp_path):
    """A file of anchors or a policy is read or refused."""
    seal = json.dumps({"seal": {"number": "1", "first": "1", "last": "9", "count": 9, "hash": "AAAA", "key_id": "x"}})
    policy = (load_policy.__globals__["_carried"]() / "default.toml").read_text()

    def check(anchors, own):
        (tmp_path / "anchors").write_bytes(anchors)
        (tmp_path / "own.toml").write_bytes(own)
        refused(read_anchors, tmp_path / "anchors")
        refused(load_policy, str(tmp_path / "own.toml"))

    assert fuzz(check, spoilt([seal.encode() + b"\n"]), spoilt([policy.encode()]))


def test_imports(fuzz, tmp_path):
    """Files of templates and tables are read, row by row, or refused."""
    packed, plain = io.BytesIO(), io.BytesIO()
    columns = {"vectors": np.ones((3, 8), np.float32), "persons": np.array(["a", "b", "c"])}
    np.savez_compressed(packed, **columns)
    np.savez(plain, **columns)
    originals = {".npz": [packed.getvalue(), plain.getvalue()], ".csv": [b"path,person,display_name\na.jpg,ann,Ann\n"]}

    for kind, files in originals.items():
        assert fuzz(partial(check_import, tmp_path / f"import{kind}"), spoilt(files))


def test_imports_of_parquet(fuzz, tmp_path):
    """As the others, for tables of paths and of templates; pyarrow reads them, which is not ours."""
    persons = ["a", "b", "c"]
    tables = {
        "vectors": {"vector": [[1.0] * 8] * 3, "person": persons},
        "paths": {"path": ["a.jpg", "b.jpg", "c.jpg"], "person": persons, "display_name": persons},
    }
    for kind, columns in tables.items():
        original = io.BytesIO()
        parquet.write_table(pa.table(columns), original)
        check = partial(check_import, tmp_path / "import.parquet", vectors=kind == "vectors")
        assert fuzz(check, spoilt([original.getvalue()]))


def check_import(path, data, *, vectors=None):
    """What a file has is read, the first rows of it to the end, or refused."""
    path.write_bytes(data)
    try:
        entries = find_entries(path, vectors=path.suffix == ".npz" if vectors is None else vectors, embedder_id="e")
    except SightlineError:
        return
    for entry in entries[:10]:
        refused(entry.load)
