"""Clients as they are, over a real socket: retries, presigned requests, and people of an identity provider."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import grpc
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from oidc_issuer import AUDIENCE, Issuer
from processes import start
from rekognition_system import REGION, KeyPair
from rest_gateway import running_gateway
from secrets_for_tests import tester_key

from sightline.chassis.errors import Internal, ResourceExhausted, Unavailable
from sightline.chassis.ids import derived_id
from sightline.chassis.rpc_error import to_status
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceServicer, add_GalleryServiceServicer_to_server

REASONS = {"name": "test", "purpose": "test", "legal_basis": "consent"}
RIGHTS = {"operators": [{"role": "operator", "watchlists": ["*"], "cameras": ["*"]}]}
LIMITED = ResourceExhausted("RATE_LIMITED", "Slow down.")
BROKEN = Internal("INTERNAL", "Something failed here.")
AWAY = Unavailable("GALLERY_UNREAD", "The gallery is not read yet.")
GRPC_ATTEMPTS = 4
"""Of the gateway's own channel, where a service does not answer."""


class FailingGallery(GalleryServiceServicer):
    """A gallery with the watchlist `staff`; its next answers are errors, as long as there are any."""

    def __init__(self):
        self.errors, self.asked = [], []

    def GetWatchlist(self, request, context):
        """See the contract."""
        self._fail(request, context)
        return pb.GetWatchlistResponse(watchlist=pb.Watchlist(id="w" * 26, name=request.watchlist, face_count=7))

    def ListWatchlists(self, request, context):
        """See the contract."""
        self._fail(request, context)
        return pb.ListWatchlistsResponse(watchlists=[pb.Watchlist(id="w" * 26, name="staff", embedder_id="e")])

    def CreatePerson(self, request, context):
        """See the contract."""
        self._fail(request, context)
        return pb.CreatePersonResponse(person=request.person)

    def _fail(self, request, context):
        self.asked.append(type(request).__name__)
        if self.errors:
            error = self.errors.pop(0)
            packed = to_status(error, "1").SerializeToString()
            context.set_trailing_metadata((("grpc-status-details-bin", packed),))
            context.abort(error.status, error.message)


@pytest.fixture(scope="module")
def issuer():
    """An identity provider that runs."""
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def notify(tmp_path_factory, broker, issuer):
    """A running notify, which believes the issuer."""
    folder = tmp_path_factory.mktemp("notify")
    env = {
        "SIGHTLINE_NATS_URL": broker.url,
        "SIGHTLINE_STATE_DIR": str(folder),
        "SIGHTLINE_OIDC_ISSUER": issuer.url,
        "SIGHTLINE_OIDC_AUDIENCE": AUDIENCE,
        "SIGHTLINE_OIDC_RIGHTS": json.dumps(RIGHTS),
    }
    with start("sightline.notify", env, folder / "notify.log") as service:
        service.wait_serving()
        yield service


@pytest.fixture(scope="module")
def served():
    """The stand-in for the gallery, and where it answers."""
    server, gallery = grpc.server(ThreadPoolExecutor(4)), FailingGallery()
    add_GalleryServiceServicer_to_server(gallery, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield SimpleNamespace(gallery=gallery, target=f"127.0.0.1:{port}")
    server.stop(None)


@pytest.fixture
def gallery(served):
    """The stand-in, which nobody has asked yet."""
    served.gallery.errors, served.gallery.asked = [], []
    return served.gallery


@pytest.fixture(scope="module")
def url(broker, notify, served):
    """Where the gateway listens."""
    with running_gateway({"notify": notify, "match": served}, broker.url) as address:
        yield address


@pytest.fixture(scope="module")
def client_of(url):
    """A function that gives boto3's client of whoever has that API key."""

    def made(key=None, **config):
        headers = {"authorization": f"Bearer {key or tester_key()}"}
        answer = httpx.post(f"{url}/v1/aws-keys", json=REASONS, headers=headers, timeout=30)
        pair = answer.raise_for_status().json()
        return signing(url, KeyPair(pair["access_key_id"], pair["secret_access_key"]), **config)

    return made


def signing(url, pair, **config):
    """boto3's client, as it is, which signs with that pair."""
    return boto3.client(
        "rekognition",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=pair.access_key_id,
        aws_secret_access_key=pair.secret_access_key,
        config=Config(**config),
    )


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_what_passes_is_tried_again(client_of, gallery, mode):
    """A throttled call, 400, and a fault of ours, 500, are repeated by botocore itself, and signed anew."""
    gallery.errors = [LIMITED, BROKEN]
    answer = client_of(retries={"mode": mode, "max_attempts": 3}).describe_collection(CollectionId="staff")
    assert answer["FaceCount"] == 7
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(gallery.asked) == 3


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_what_does_not_pass_is_said_in_the_end(client_of, gallery, mode):
    """A service that is away is throttling, 500; after the last attempt the client's caller sees it."""
    gallery.errors = [AWAY] * 2 * GRPC_ATTEMPTS
    client = client_of(retries={"mode": mode, "max_attempts": 1})
    with pytest.raises(ClientError) as refused:
        client.describe_collection(CollectionId="staff")
    response = refused.value.response
    assert response["Error"]["Code"] == "ThrottlingException"
    told = response["ResponseMetadata"]
    assert (told["HTTPStatusCode"], told["RetryAttempts"]) == (500, 1)
    assert gallery.errors == []


def test_what_would_be_the_same_again_is_not_repeated(client_of, gallery):
    """A quota that is used up is no throttling: once is enough."""
    gallery.errors = [ResourceExhausted("WATCHLIST_FULL", "It has 20,000,000 faces.")]
    with pytest.raises(ClientError) as refused:
        client_of(retries={"mode": "standard", "max_attempts": 3}).create_user(CollectionId="staff", UserId="ann")
    response = refused.value.response
    assert response["Error"]["Code"] == "ServiceQuotaExceededException"
    assert response["ResponseMetadata"]["RetryAttempts"] == 0
    assert len(gallery.asked) == 1


def test_a_call_that_failed_is_done_by_its_second_attempt(client_of, gallery):
    """The SDK repeats it with the same token, which is no mismatch and stands for no call that goes on."""
    gallery.errors = [BROKEN]
    answer = client_of(retries={"mode": "standard", "max_attempts": 2}).create_user(CollectionId="staff", UserId="ben")
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert gallery.asked == ["GetWatchlistRequest", "GetWatchlistRequest", "CreatePersonRequest"]


def test_a_presigned_request_is_sent_by_anybody(client_of, gallery):
    """What botocore signs in a URL urllib sends; with another operation or a body it is not what was signed."""
    address = client_of().generate_presigned_url("list_collections", ExpiresIn=60)

    def posted(operation, body=b""):
        head = {"X-Amz-Target": f"RekognitionService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        return urlopen(Request(address, body, head), timeout=30)  # noqa: S310 - http, to the test's own gateway

    with posted("ListCollections") as answer:
        assert (answer.status, json.load(answer)["CollectionIds"]) == (200, ["staff"])
    for changed in (("ListStreamProcessors",), ("ListCollections", b'{"MaxResults": 1}')):
        with pytest.raises(HTTPError) as refused:
            posted(*changed)
        with refused.value as error:
            assert (error.code, json.load(error)["__type"]) == (400, "InvalidSignatureException")
    # botocore presigns parameters as parts of the query, where they would be left out without a word.
    address = client_of().generate_presigned_url("list_collections", {"MaxResults": 1}, ExpiresIn=60)
    with pytest.raises(HTTPError) as refused:
        posted("ListCollections")
    with refused.value as error:
        said = json.load(error)
    assert (said["__type"], "MaxResults" in said["Message"]) == ("InvalidParameterException", True)
    assert gallery.asked == ["ListWatchlistsRequest"]


def test_a_person_of_an_identity_provider_uses_rest(url, issuer):
    """A token is who the provider says, with the rights of their groups; a stale one and a stranger's open nothing."""

    def get(path, token):
        return httpx.get(f"{url}/v1{path}", headers={"authorization": f"Bearer {token}"}, timeout=30)

    operator = issuer.mint(groups=["operators"])
    me = get("/me", operator)
    assert (me.status_code, me.json()["subject_id"]) == (200, derived_id("oidc", issuer.url, "alice"))
    assert [each["role"] for each in me.json()["grants"]] == ["ROLE_OPERATOR"]
    assert get("/alerts?purpose=test", operator).status_code == 200
    assert get("/alerts?purpose=test", issuer.mint(groups=["visitors"])).status_code == 403
    with Issuer() as other:
        stranger = other.mint(iss=issuer.url, groups=["operators"])
    for token in (issuer.mint(groups=["operators"], exp=int(time.time()) - 3600), stranger, operator[:-4] + "AAAA"):
        refused = get("/me", token)
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert token not in refused.text


def test_a_person_of_an_identity_provider_gets_access_keys(url, client_of, issuer, gallery):
    """By an API key of their own, as a token ends within the hour; an administrator has to know them."""

    def post(path, body, bearer):
        return httpx.post(f"{url}/v1{path}", json=body, headers={"authorization": f"Bearer {bearer}"}, timeout=60)

    def token():
        return issuer.mint(sub="carol", groups=["operators"])

    refused = post("/aws-keys", REASONS, token())
    assert (refused.status_code, refused.json()["reason"]) == (400, "API_KEY_WANTED")
    grants = [{"role": "ROLE_OPERATOR", "watchlist_ids": ["*"]}]
    carol = {"oidc": {"issuer": issuer.url, "subject": "carol"}, "grants": grants}
    assert post("/subjects", carol, tester_key()).status_code == 200
    deadline = time.monotonic() + 60
    while (made := post("/api-keys", {"name": "script"}, token())).status_code != 201:
        assert (made.json()["reason"], time.monotonic() < deadline) == ("SUBJECT_UNKNOWN", True)
        time.sleep(0.05)
    client = client_of(made.json()["secret"])
    assert client.describe_collection(CollectionId="staff")["FaceCount"] == 7
    assert gallery.asked == ["GetWatchlistRequest"]


def test_a_stranger_is_told_so_whatever_they_send(url):
    """A large body of theirs is let go, and the answer reaches them all the same, at the first attempt."""
    client = signing(url, KeyPair("SLUNKNOWN", "secret"), retries={"mode": "standard", "max_attempts": 3})
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            client.detect_faces(Image={"Bytes": bytes(5_000_000)})
        response = refused.value.response
        assert response["Error"]["Code"] == "UnrecognizedClientException"
        assert response["ResponseMetadata"]["RetryAttempts"] == 0
