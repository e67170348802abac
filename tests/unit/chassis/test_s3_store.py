"""Reading objects from a store: what is asked of whom, and what is said where it does not work."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from certificates import self_signed, signed_by
from cryptography import x509
from object_stores import ToldStore, put, serve_moto

from sightline.chassis.errors import Conflict, FailedPrecondition, InvalidInput, NotFound, Unavailable
from sightline.chassis.s3_store import S3Access, open_store

KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI"
REGION = "eu-central-1"


@pytest.fixture
def store():
    """A store that does as it is told."""
    with ToldStore(b"0123456789").running() as running:
        yield running


@pytest.fixture
def credentials(tmp_path):
    """A file with credentials, and whitespace as people leave it."""
    path = tmp_path / "s3"
    path.write_text(f"[default]\naws_access_key_id = {KEY_ID}\n\naws_secret_access_key={SECRET}  \n")
    path.chmod(0o600)
    return path


def opened(endpoint, credentials=None, buckets=("films",)):
    """The store as a service sees it."""
    return open_store(S3Access(endpoint, REGION, buckets, credentials, None), "ingest")


async def read(store, url, start=0, etag=""):
    """The bytes, with size and version."""
    async with store.open(store.admit(url), start, etag) as body:
        return b"".join([piece async for piece in body.pieces]), body.size, body.etag


@pytest.mark.parametrize("key", ["a.mp4", "2026/a b/ü+%#?&=~.mp4", "a%20b"])
async def test_an_object_of_a_real_store_is_read(moto, credentials, key):
    """Whatever is in its key, whole or from a place on, as the version that was asked for."""
    put(moto, "films", key, b"0123456789")
    ours = opened(moto, credentials)
    whole, size, etag = await read(ours, f"s3://films/{key}")
    assert (whole, size) == (b"0123456789", 10)
    assert await read(ours, f"s3://films/{key}", 4, etag) == (b"456789", 10, etag)
    with pytest.raises(Conflict, match="S3_OBJECT_CHANGED"):
        await read(ours, f"s3://films/{key}", 4, '"another"')
    with pytest.raises(NotFound, match="S3_OBJECT_NOT_FOUND"):
        await read(ours, "s3://films/missing.mp4")


async def test_without_credentials_only_public_objects_are_read(moto):
    """A real store lets everybody read what its owner made public, and nothing else."""
    put(moto, "films", "public.mp4", b"0123456789", acl="public-read")
    put(moto, "films", "private.mp4", b"0123456789")
    assert (await read(opened(moto), "s3://films/public.mp4"))[0] == b"0123456789"
    with pytest.raises(FailedPrecondition, match=r"S3_REFUSED.*credentials"):
        await read(opened(moto), "s3://films/private.mp4")


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    """A real S3-compatible store."""
    with serve_moto(tmp_path_factory.mktemp("moto") / "log") as endpoint:
        yield endpoint


async def test_a_request_is_signed_as_the_store_will_check_it(store, credentials):
    """The signature is the one that AWS' own library computes of the same request; the secret itself is not sent."""
    await read(opened(store.endpoint, credentials), "s3://films/a b/ü.mp4")
    ((path, headers),) = store.asked
    signed, _, signature = path.partition("&X-Amz-Signature=")
    query = parse_qs(urlsplit(path).query)
    auth = S3SigV4QueryAuth(Credentials(KEY_ID, SECRET), "s3", REGION, expires=int(query["X-Amz-Expires"][0]))
    request = AWSRequest("GET", store.endpoint + signed, headers={"host": headers["Host"]})
    request.context["timestamp"] = query["X-Amz-Date"][0]
    assert signature == auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert SECRET not in path + str(headers)


async def test_the_environment_adds_nothing_to_a_request(store, credentials, monkeypatch):
    """Variables of AWS' tools and of proxies, meant for others, neither sign nor lead elsewhere."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "foreign")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert (await read(opened(store.endpoint, credentials), "s3://films/a.mp4"))[0] == b"0123456789"
    assert "foreign" not in store.asked[0][0]
    assert f"X-Amz-Credential={KEY_ID}" in store.asked[0][0]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_nobody_is_followed_to_another_host(store, credentials, status):
    """A store that redirects is refused, and the other host is never asked."""
    with ToldStore(b"inside").running() as other:
        store.status, store.elsewhere = status, other.endpoint
        with pytest.raises(FailedPrecondition, match=r"S3_REFUSED.*endpoint and region"):
            await read(opened(store.endpoint, credentials), "s3://films/a.mp4")
        assert (len(store.asked), other.asked) == (1, [])


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (403, FailedPrecondition, "S3_REFUSED.*credentials"),
        (404, NotFound, "S3_OBJECT_NOT_FOUND"),
        (429, Unavailable, "S3_UNAVAILABLE"),
        (503, Unavailable, "S3_UNAVAILABLE"),
    ],
)
async def test_what_a_store_answers_is_said_without_the_secret(store, credentials, status, kind, reason):
    """Each answer has its reason; neither secret nor signature is in any of them."""
    store.status = status
    with pytest.raises(kind, match=reason) as refusal:
        await read(opened(store.endpoint, credentials), "s3://films/a.mp4")
    assert SECRET not in str(refusal.value)
    assert "Signature" not in str(refusal.value)


async def test_a_store_that_breaks_off_is_unavailable(store):
    """Bytes that do not come are never taken for the end; nor is a store that is not there for an empty object."""
    store.breaks = [4]
    with pytest.raises(Unavailable, match="S3_UNAVAILABLE"):
        await read(opened(store.endpoint), "s3://films/a.mp4")
    with pytest.raises(Unavailable, match="S3_UNAVAILABLE"):
        await read(opened("http://127.0.0.1:9"), "s3://films/a.mp4")


async def test_a_store_has_to_show_a_certificate_that_is_trusted(tmp_path):
    """One of an authority of one's own is, where that is named; nothing is asked of any other."""
    authority = self_signed(tmp_path / "authority", "Our authority")
    identity = signed_by(authority, tmp_path / "store", x509.IPAddress(ip_address("127.0.0.1")))
    with ToldStore(b"0123456789").running(identity.server()) as store:
        with pytest.raises(FailedPrecondition, match=r"S3_REFUSED.*SIGHTLINE_S3_CA_FILE"):
            await read(opened(store.endpoint), "s3://films/a.mp4")
        assert store.asked == []
        trusting = open_store(S3Access(store.endpoint, REGION, ("films",), None, authority.file), "ingest")
        assert (await read(trusting, "s3://films/a.mp4"))[0] == b"0123456789"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("s3://others/a.mp4", "SOURCE_NOT_ALLOWED.*SIGHTLINE_S3_BUCKETS"),
        ("s3://films", "S3_URL_INVALID"),
        ("s3://films/", "S3_URL_INVALID"),
        ("s3://films/../others/a.mp4", "S3_URL_INVALID"),
        ("s3://films/a//b.mp4", "S3_URL_INVALID"),
        ("s3://films/a\n.mp4", "S3_URL_INVALID"),
        ("s3://user:pass@films/a.mp4", "S3_URL_INVALID"),
        ("s3://127.0.0.1:80/a.mp4", "S3_URL_INVALID"),
    ],
)
def test_only_objects_of_listed_buckets_are_admitted(store, url, reason):
    """Whoever names another bucket, or something else than an object, is refused before anything is sent."""
    with pytest.raises(InvalidInput, match=reason):
        opened(store.endpoint).admit(url)
    assert store.asked == []


def test_without_a_store_it_is_said_what_to_set():
    """A job that names an object where none can be read hears how to change that."""
    with pytest.raises(FailedPrecondition, match=r"S3_NOT_CONFIGURED.*SIGHTLINE_S3_ENDPOINT"):
        opened("").admit("s3://films/a.mp4")


@pytest.mark.parametrize(
    "text", ["", "[default]\naws_access_key_id = x\n", f"{SECRET}\n", f"[default]\n{SECRET}\n", "\xff"]
)
def test_credentials_that_cannot_be_used_end_the_start(tmp_path, text):
    """The error names the file and what belongs there, and repeats nothing of it."""
    path = tmp_path / "s3"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(FailedPrecondition, match=r"S3_CREDENTIALS_INVALID.*aws_access_key_id") as refusal:
        opened("http://127.0.0.1:9", path)
    assert SECRET not in f"{refusal.value} {refusal.value.__cause__}"


def test_credentials_that_others_can_read_are_refused(tmp_path, credentials):
    """As are those that are not there."""
    credentials.chmod(0o604)
    with pytest.raises(FailedPrecondition, match=r"S3_CREDENTIALS_INVALID.*chmod o-rwx"):
        opened("http://127.0.0.1:9", credentials)
    with pytest.raises(FailedPrecondition, match=r"S3_CREDENTIALS_INVALID.*No such file"):
        opened("http://127.0.0.1:9", tmp_path / "missing")
