"""What AWS's own signer signs is verified; whatever was changed, is late or unknown is refused, and told nothing."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sightline.gateway.aws_keys.aws_key import AwsKey, new_access_key_id, new_secret_access_key
from sightline.gateway.rekognition.claim import read_claim
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.signature import canonical_request, signature_of
from sightline.gateway.rekognition.sigv4 import SigV4
from sightline.gateway.rekognition.verifying import RequestHead

BODY = b'{"CollectionId": "staff"}'
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
KEY = AwsKey(
    access_key_id=new_access_key_id(),
    secret_access_key=new_secret_access_key(),
    api_key="the API key",
    api_key_id="its id",
    subject_id="somebody",
    name="a script",
    purpose="access control",
    legal_basis="consent",
    case_reference="17",
    collection_days=30,
    create_time=NOW - timedelta(days=1),
    expire_time=NOW + timedelta(days=1),
)


def verifier(now=NOW, key=KEY):
    keys = SimpleNamespace(find=lambda key_id: key if key_id == key.access_key_id else None)
    return SigV4(keys, "us-east-1", lambda: now)


def signed(signer=auth.SigV4Auth, url="https://faces.example:7610/", body=BODY, *, key=KEY, region="us-east-1", **more):
    """A request as botocore signs and sends it: its head, and its body."""
    headers = {"X-Amz-Target": "RekognitionService.ListFaces", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", url, headers | more.get("headers", {}), body)
    credentials = Credentials(key.access_key_id, key.secret_access_key, more.get("token"))
    signer(credentials, more.get("service", "rekognition"), region).add_auth(request)
    return sent(request)


def sent(request):
    parts = urlsplit(request.url)
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    if "host" not in request.headers:
        headers.append(("host", parts.netloc))
    return RequestHead(request.method, parts.path or "/", parts.query, headers), request.body or b""


def changed(head, **headers):
    """With other values of some headers; None takes one away."""
    new = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = [(name, value) for name, value in head.headers if name not in new]
    return dataclasses.replace(head, headers=[*kept, *((n, v) for n, v in new.items() if v is not None)])


async def refusal(head, body, **how):
    with pytest.raises(AwsError) as caught:
        await verifier(**how).verify(head, body)
    assert caught.value.status == 400
    return caught.value


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    """The client's clock; a test may set another time."""
    clock = SimpleNamespace(now=NOW)
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: clock.now.replace(tzinfo=None))
    return clock


@pytest.mark.parametrize("signer", [auth.SigV4Auth, auth.SigV4QueryAuth])
@pytest.mark.parametrize(
    "url",
    [
        "https://faces.example/",
        "http://127.0.0.1:7610",
        "https://faces.example/a%20path/with~marks/",
        "https://faces.example/?b=2&a=%2F%20%2B&a=1&empty=",
    ],
)
async def test_what_amazon_signs_is_believed(signer, url):
    """In the header and in the query, whatever the URL: the caller is the holder of the API key behind the pair."""
    head, body = signed(signer, url)
    verified = await verifier().verify(head, body)
    assert verified.bearer == "the API key"
    assert verified.signer.access_key_id == KEY.access_key_id
    assert (verified.signer.purpose, verified.signer.legal_basis) == ("access control", "consent")
    assert (verified.signer.case_reference, verified.signer.collection_days) == ("17", 30)


async def test_large_bodies_are_hashed_as_small_ones():
    """A picture of five megabytes is signed as a whole: its last byte counts."""
    head, body = signed(body=b"x" * 5_000_000)
    assert (await verifier().verify(head, body)).bearer == "the API key"
    assert (await refusal(head, body[:-1] + b"y")).code == "InvalidSignatureException"


async def test_whatever_was_signed_cannot_be_changed():
    """Another body, target, host, path, query or method than the one that was signed is refused."""
    head, body = signed()
    assert (await verifier().verify(head, body)).bearer
    others = [
        (head, body + b" "),
        (changed(head, x_amz_target="RekognitionService.DeleteFaces"), body),
        (changed(head, host="other.example"), body),
        (dataclasses.replace(head, path="/v1"), body),
        (dataclasses.replace(head, query="a=1"), body),
        (dataclasses.replace(head, method="GET"), body),
        (changed(head, content_type="text/plain"), body),
        (changed(head, x_amz_date="20260304T050608Z"), body),
        (dataclasses.replace(head, headers=[*head.headers, ("x-amz-target", "RekognitionService.DeleteFaces")]), body),
    ]
    codes = [(await refusal(*other)).code for other in others]
    assert codes == ["InvalidSignatureException"] * len(others)


async def test_errors_tell_nothing_of_what_would_have_been_right():
    """Neither the signature that fits, nor the canonical request, nor any secret is in an answer."""
    head, body = signed()
    right = read_claim(head).signature
    error = await refusal(head, body + b" ")
    expected = signature_of(head, read_claim(head), hashlib.sha256(body + b" ").hexdigest(), KEY.secret_access_key)
    wrong = (right, expected, KEY.secret_access_key, KEY.api_key, "x-amz-target", "us-east-1/rekognition")
    assert not [each for each in wrong if each in str(error)]


async def test_a_body_that_nobody_signed_is_refused():
    """`UNSIGNED-PAYLOAD`, and a hash of another body in the header, do not let a body through."""

    class Unsigned(auth.SigV4Auth):
        def payload(self, request):  # noqa: ARG002 - its signature
            return "UNSIGNED-PAYLOAD"

    assert (await refusal(*signed(Unsigned))).code == "InvalidSignatureException"
    for claimed in ("UNSIGNED-PAYLOAD", hashlib.sha256(b"{}").hexdigest()):
        head, body = signed(headers={"X-Amz-Content-SHA256": claimed})
        assert (await refusal(head, body)).code == "InvalidSignatureException"
    head, body = signed(headers={"X-Amz-Content-SHA256": hashlib.sha256(BODY).hexdigest()})
    assert (await verifier().verify(head, body)).bearer


async def test_a_header_that_decides_has_to_be_signed():
    """A target or a token that was put in on the way is refused, and so is a request without its host."""
    request = AWSRequest("POST", "https://faces.example/", {}, BODY)
    auth.SigV4Auth(Credentials(KEY.access_key_id, KEY.secret_access_key), "rekognition", "us-east-1").add_auth(request)
    head, body = sent(request)
    assert (await verifier().verify(head, body)).bearer
    error = await refusal(changed(head, x_amz_target="RekognitionService.DeleteFaces"), body)
    assert (error.code, "'x-amz-target' must be" in error.message) == ("InvalidSignatureException", True)
    assert (await refusal(changed(head, host=None), body)).code == "InvalidSignatureException"


async def test_strangers_are_told_without_their_body():
    """What the head alone tells ends a request with the error that it would have had; the rest waits for the body."""
    stranger = dataclasses.replace(KEY, access_key_id=new_access_key_id())
    guess = dataclasses.replace(KEY, secret_access_key=new_secret_access_key())
    unsigned = changed(signed()[0], authorization=None)
    refused = [unsigned, signed(key=stranger)[0], signed(region="eu-west-1")[0], changed(signed()[0], host=None)]
    for head in refused:
        with pytest.raises(AwsError) as caught:
            verifier().admit(head)
        assert str(caught.value) == str(await refusal(head, BODY))
    ended = verifier(key=dataclasses.replace(KEY, expire_time=NOW))
    assert [ended.admit(signed()[0]), verifier().admit(signed(key=guess)[0])] == [None, None]


@pytest.mark.parametrize(("minutes", "said"), [(-6, "expired"), (6, "not yet current")])
async def test_a_request_is_good_for_five_minutes(moment, minutes, said):
    """Clocks may differ by less; sent again later, or from the future, it is refused and told why."""
    moment.now = NOW + timedelta(minutes=minutes)
    error = await refusal(*signed())
    assert (error.code, said in error.message) == ("InvalidSignatureException", True)
    moment.now = NOW + timedelta(minutes=minutes * 4 / 5)
    assert (await verifier().verify(*signed())).bearer


async def test_a_presigned_request_lives_as_long_as_it_says():
    """Up to its end it is good, behind it no more; and nobody can make it longer."""
    head, body = signed(lambda *who: auth.SigV4QueryAuth(*who, expires=3600))
    assert (await verifier(NOW + timedelta(minutes=59)).verify(head, body)).bearer
    assert "expired" in (await refusal(head, body, now=NOW + timedelta(minutes=61))).message
    longer = dataclasses.replace(head, query=head.query.replace("Expires=3600", "Expires=7200"))
    assert (await refusal(longer, body)).code == "InvalidSignatureException"
    for seconds in ("604801", "0", "-1", "1e3", "", "9" * 30, "000000001" + "9" * 20):
        endless = dataclasses.replace(head, query=head.query.replace("Expires=3600", f"Expires={seconds}"))
        assert (await refusal(endless, body)).code == "IncompleteSignatureException"


async def test_unknown_keys_tokens_and_wrong_secrets_have_codes_of_their_own():
    """As AWS tells them apart; a session token is never one of ours."""
    stranger = dataclasses.replace(KEY, access_key_id=new_access_key_id())
    guess = dataclasses.replace(KEY, secret_access_key=new_secret_access_key())
    assert (await refusal(*signed(key=stranger))).code == "UnrecognizedClientException"
    assert (await refusal(*signed(token="a token"))).code == "UnrecognizedClientException"  # noqa: S106 - opens nothing
    assert (await refusal(*signed(key=guess))).code == "InvalidSignatureException"
    assert (await refusal(*signed(), now=NOW, key=dataclasses.replace(KEY, expire_time=NOW))).code == (
        "ExpiredTokenException"
    )


async def test_the_scope_is_this_service_and_this_region():
    """What was signed for another service or region is refused, and the region that is wanted is named."""
    assert "'rekognition'" in (await refusal(*signed(service="s3"))).message
    assert "'us-east-1'" in (await refusal(*signed(region="eu-west-1"))).message
    head, body = signed()
    text = dict(head.headers)["authorization"].replace("/20260304/", "/20260303/")
    assert "Date in Credential" in (await refusal(changed(head, authorization=text), body)).message


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "MissingAuthenticationTokenException"),
        ("Bearer slk_x", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a/20260304/us-east-1/rekognition/aws4_request", "IncompleteSignatureException"),
        (
            "AWS4-HMAC-SHA256 Credential=a/1/r/s/aws4_request, SignedHeaders=host, Signature=é",
            "InvalidSignatureException",
        ),
    ],
)
async def test_half_a_signature_is_told_what_is_missing(authorization, code):
    """Without any, with another scheme, with parts missing or damaged: AWS's code, and never a fault of ours."""
    head, body = signed()
    assert (await refusal(changed(head, authorization=authorization), body)).code == code


async def test_a_damaged_date_is_no_fault_of_ours():
    """Whatever stands where the date belongs, at the ends of the calendar, too."""
    head, body = signed()
    for date in ("", "now", "20260304", "99991231T235959Z", "00010101T000000Z"):
        error = await refusal(changed(head, x_amz_date=date), body)
        assert error.code in {"IncompleteSignatureException", "InvalidSignatureException"}
    assert (await refusal(changed(head, x_amz_date=None), body)).code == "IncompleteSignatureException"
    twice = dataclasses.replace(head, headers=[*head.headers, ("authorization", dict(head.headers)["authorization"])])
    assert (await refusal(twice, body)).code == "IncompleteSignatureException"


def test_the_worked_example_of_the_documentation():
    """AWS's published `get-vanilla-query-order-key-case`: its canonical request's hash and its signature."""
    text = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    )
    headers = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z"), ("authorization", text)]
    head = RequestHead("GET", "/", "Param2=value2&Param1=value1", headers)
    claim, empty = read_claim(head), hashlib.sha256(b"").hexdigest()
    canonical = canonical_request(head, claim, empty)
    assert hashlib.sha256(canonical.encode()).hexdigest() == (
        "816cd5b414d056048ba4f7c5386d6e0533120fb1fcfa93762cf0fc39e2cf19e0"
    )
    example = "wJalrXUtnFEMI K7MDENG+bPxRfiCYEXAMPLEKEY".replace(" ", "/")
    assert signature_of(head, claim, empty, example) == claim.signature
