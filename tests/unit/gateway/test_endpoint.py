"""The endpoint of Rekognition's operations: what it reads, whom it asks, and what clients get."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import httpx
import pytest
from prometheus_client import CollectorRegistry

from sightline.chassis.errors import Internal, NotFound, Unavailable
from sightline.chassis.object_store import NoStore, not_configured
from sightline.gateway.application import application
from sightline.gateway.body import BodyGate
from sightline.gateway.caller import CallerCredentials
from sightline.gateway.rekognition.arns import Arns
from sightline.gateway.rekognition.call import Signer
from sightline.gateway.rekognition.endpoint import Desk, Endpoint
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.retired import OPERATIONS as RETIRED
from sightline.gateway.rekognition.stored_pictures import StoredPictures
from sightline.gateway.rekognition.verifying import Verified

TYPE = "application/x-amz-json-1.1"
IN_A_BUCKET = b'{"Image": {"S3Object": {"Bucket": "pictures", "Name": "a.jpg"}}}'


class Keys:
    """A Verifier that keeps what it was shown."""

    def __init__(self):
        self.heads = []

    def admit(self, head):
        """See Verifier."""
        if dict(head.headers).get("authorization") != "signed":
            raise AwsError("UnrecognizedClientException", "The security token included in the request is invalid.")

    async def verify(self, head, body):
        """See Verifier."""
        self.heads.append((head, body))
        return Verified("bearer", Signer("AKIA", "purpose", "basis"))


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
def served():
    """What the operations do, by name; a test puts its own there."""
    return dict(RETIRED)


@pytest.fixture
async def post(keys, served):
    """A function that calls an operation."""
    nothing, gate = SimpleNamespace(), BodyGate(10**8, 5.0)
    pictures = StoredPictures(NoStore(not_configured("gateway")), gate, 5.0)
    desk = Desk(nothing, Arns("us-east-1", "0" * 12), nothing, nothing, nothing, pictures)
    app = application([Endpoint(served, keys, gate, desk).route], CollectorRegistry())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:

        async def call(operation, body=b"{}", **headers):
            sent = {"x-amz-target": f"RekognitionService.{operation}", "authorization": "signed"} | headers
            return await client.post("/?a=%2F", content=body, headers=sent)

        yield call


def answering(answer):
    """An operation that gives that, or raises it."""

    async def operation(call, parameters):
        if isinstance(answer, Exception):
            raise answer
        return answer(call, parameters)

    return operation


async def test_an_operation_gets_what_was_sent_and_calls_as_who_signed(post, served, keys):
    """Parameters with the model's types, the signer, and the caller's credentials for the services."""
    seen = []

    def note(call, parameters):
        seen.append((call.signer.purpose, parameters, CallerCredentials(None).header()))
        return {"FaceDetails": []}

    served["DetectFaces"] = answering(note)
    picture = base64.b64encode(b"picture").decode()
    answer = await post("DetectFaces", json.dumps({"Image": {"Bytes": picture}}).encode())
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, TYPE, {"FaceDetails": []})
    assert seen == [("purpose", {"Image": {"Bytes": b"picture"}}, "Bearer bearer")]
    head, body = keys.heads[0]
    assert (head.method, head.path, head.query) == ("POST", "/", "a=%2F")
    assert ("x-amz-target", "RekognitionService.DetectFaces") in head.headers
    assert json.loads(body)["Image"]["Bytes"] == picture


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (AwsError("ConflictException", "why"), 400, "ConflictException"),
        (NotFound("WATCHLIST_NOT_FOUND", "why"), 400, "ResourceNotFoundException"),
        (Unavailable("MATCH_UNAVAILABLE", "why"), 500, "ThrottlingException"),
        (Internal("ANY", "secret"), 500, "InternalServerError"),
        (RuntimeError("secret"), 500, "InternalServerError"),
        (KeyError("secret"), 500, "InternalServerError"),
    ],
)
async def test_an_error_is_one_that_clients_know(post, served, raised, status, code):
    """Body and headers as AWS has them; what is nobody's business stays in the log."""
    served["DescribeCollection"] = answering(raised)
    answer = await post("DescribeCollection", b'{"CollectionId": "c"}')
    body = answer.json()
    assert (answer.status_code, body["__type"], body["Code"]) == (status, code, code)
    assert body["Logref"] == answer.headers["x-amzn-requestid"]
    assert answer.headers["x-amzn-errortype"] == code
    assert "secret" not in answer.text


async def test_an_answer_that_the_model_does_not_know_reaches_nobody(post, served):
    """It is a fault of ours."""
    served["DescribeCollection"] = answering(lambda *_: {"Secret": 1})
    answer = await post("DescribeCollection", b'{"CollectionId": "c"}')
    assert (answer.status_code, answer.json()["__type"]) == (500, "InternalServerError")


@pytest.mark.parametrize(
    ("operation", "body", "headers", "code"),
    [
        ("DetectLabels", b"{}", {}, "UnknownOperationException"),
        ("Nonsense", b"{}", {}, "UnknownOperationException"),
        ("GetPersonTracking", b'{"JobId": "a"}', {}, "AccessDeniedException"),
        ("GetPersonTracking", b'{"JobId": "a"}', {"authorization": "forged"}, "UnrecognizedClientException"),
        ("GetPersonTracking", b"{", {}, "SerializationException"),
        ("DetectFaces", IN_A_BUCKET, {}, "InvalidS3ObjectException"),
        ("GetPersonTracking", b"{}", {}, "ValidationException"),
        ("GetPersonTracking", b" " * 1_100_000, {}, "ValidationException"),
        ("GetPersonTracking", b"{}", {"x-amz-target": "GetPersonTracking.Other"}, "UnknownOperationException"),
        ("GetPersonTracking", b"{}", {"x-amz-target": "GetPersonTracking"}, "UnknownOperationException"),
        ("GetPersonTracking", b"{}", {"x-amz-target": "Other.GetPersonTracking"}, "UnknownOperationException"),
        ("GetPersonTracking", b'{"JobId": "a", "NextToken": "\\ud83d"}', {}, "SerializationException"),
    ],
)
async def test_what_cannot_be_answered_is_said(post, served, operation, body, headers, code):
    """Unknown operations, callers, bodies, parameters and pictures, in that order."""
    served["DetectFaces"] = answering(lambda *_: {})
    answer = await post(operation, body, **headers)
    assert (answer.status_code, answer.json()["__type"]) == (400, code)


async def test_a_stranger_s_body_is_not_read(post, served):
    """Whoever is refused by their request's head is answered before a byte of the body is taken."""
    served["DescribeCollection"] = answering(lambda *_: {})
    taken = []

    async def body():
        for piece in (b'{"CollectionId": ', b'"c"}'):
            taken.append(piece)
            yield piece

    answer = await post("DescribeCollection", body(), authorization="forged")
    assert (answer.json()["__type"], taken) == ("UnrecognizedClientException", [])
    assert (await post("DescribeCollection", body())).status_code == 200
    assert len(taken) == 2


async def test_a_body_is_as_large_as_the_operation_s_pictures(post, served):
    """One picture for DetectFaces, two for CompareFaces; what is larger is not read."""
    served |= {name: answering(lambda *_: {}) for name in ("DetectFaces", "CompareFaces")}
    picture = base64.b64encode(bytes(5_242_880)).decode()
    one = {"Image": {"Bytes": picture}}
    two = {"SourceImage": {"Bytes": picture}, "TargetImage": {"Bytes": picture}}
    assert (await post("DetectFaces", json.dumps(one).encode())).status_code == 200
    assert (await post("CompareFaces", json.dumps(two).encode())).status_code == 200
    answer = await post("DetectFaces", json.dumps(two).encode())
    assert (answer.status_code, answer.json()["__type"]) == (400, "ImageTooLargeException")
