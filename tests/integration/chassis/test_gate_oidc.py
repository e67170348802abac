"""People of an identity provider at the gate: their tokens, forged ones, and new keys in the middle of traffic."""

from __future__ import annotations

import asyncio
import json
import time

import grpc
import jwt
import pytest
from oidc_issuer import AUDIENCE, Issuer, SigningKey
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis.health import Health
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import current_principal
from sightline.chassis.rpc import BearerText, Served, open_channel, serve_rpc
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.topology import ACCESS
from sightline.v1 import (
    access_pb2,
    access_service_pb2,
    detect_service_pb2,
    detect_service_pb2_grpc,
    face_pb2,
    records_pb2,
)

REQUEST = detect_service_pb2.DetectFacesRequest(images=[face_pb2.Image(encoded=b"x")], purpose="test")
RIGHTS = {"operators": [{"role": "operator", "watchlists": ["*"], "cameras": ["*"]}]}


class DetectSettings(ServiceSettings):
    """Settings of a service that answers to the name of detect."""

    service = "detect"


class StubDetect(detect_service_pb2_grpc.DetectServiceServicer):
    """Answers with its caller."""

    async def DetectFaces(self, _request, _):
        return detect_service_pb2.DetectFacesResponse(detector_id=current_principal().subject)


@pytest.fixture
def issuer():
    """An identity provider that runs."""
    with Issuer() as running:
        yield running


@pytest.fixture
async def detect(bus, nats_server, issuer):
    """A function that calls a server which believes the issuer, with a token."""
    settings = DetectSettings(
        secrets_dir=secrets_folder().path,
        nats_url=nats_server.url,
        drain_seconds=1,
        oidc_issuer=issuer.url,
        oidc_audience=AUDIENCE,
        oidc_rights=json.dumps(RIGHTS),
    )
    served = [
        Served("sightline.v1.DetectService", StubDetect(), detect_service_pb2_grpc.add_DetectServiceServicer_to_server)
    ]
    async with (
        open_identity(settings, read_secrets(settings), bus) as identity,
        serve_rpc(settings, served, identity, Health(), CollectorRegistry()) as port,
    ):

        async def call(token):
            async with open_channel(f"127.0.0.1:{port}", BearerText(token)) as channel:
                answer = await detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(REQUEST, timeout=60)
            return answer.detector_id

        yield call


async def code_of(call) -> str:
    """How a call that is refused ends."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code().name


async def accepted(call) -> bool:
    """Whether the call goes through."""
    try:
        await call
    except grpc.aio.AioRpcError:
        return False
    return True


async def test_a_token_is_a_person_with_the_rights_of_their_groups(detect, issuer):
    """The subject follows from issuer and `sub`, and groups give roles: without one of them the caller is denied."""
    assert await detect(issuer.mint(groups=["operators"])) == derived_id("oidc", issuer.url, "alice")
    assert await code_of(detect(issuer.mint(groups=["visitors"]))) == "PERMISSION_DENIED"


async def test_forged_and_stale_tokens_open_nothing(detect, issuer):
    """Tampered, expired, for others, of others, unsigned, or signed by a stranger: all UNAUTHENTICATED."""
    good = issuer.mint(groups=["operators"])
    head, body, signature = good.split(".")
    stranger = SigningKey(kid=issuer.keys[-1].kid)
    now = int(time.time())
    bad = {
        "tampered": f"{head}.{body[:-2]}{'AA' if body[-2:] != 'AA' else 'BB'}.{signature}",
        "expired": issuer.mint(groups=["operators"], iat=now - 600, exp=now - 300),
        "audience": issuer.mint(groups=["operators"], aud="another-program"),
        "issuer": issuer.mint(groups=["operators"], iss="https://elsewhere.example"),
        "none": jwt.encode(issuer.claims(groups=["operators"]), None, algorithm="none"),
        "stranger": issuer.mint(key=stranger, groups=["operators"]),
        "claims to be a service": issuer.mint(groups=["operators"], iss="sightline:match", aud="sightline:detect"),
    }
    assert {name: await code_of(detect(token)) for name, token in bad.items()} == dict.fromkeys(bad, "UNAUTHENTICATED")
    assert await detect(good)


async def test_keys_rotate_in_the_middle_of_traffic(detect, issuer):
    """While callers go on calling, the provider takes a new key: no good token is refused, before or after."""
    answers, stop = [], asyncio.Event()

    async def caller():
        while not stop.is_set():
            answers.append(await detect(issuer.mint(groups=["operators"])))
            await asyncio.sleep(0.01)

    async def ten_more():
        many = len(answers) + 10
        async with asyncio.timeout(60):
            while len(answers) < many:
                await asyncio.sleep(0.01)

    callers = [asyncio.create_task(caller()) for _ in range(3)]
    old = issuer.keys[-1]
    await ten_more()
    issuer.rotate()
    await ten_more()
    with_old = await detect(issuer.mint(key=old, groups=["operators"]))
    stop.set()
    await asyncio.gather(*callers)
    assert set(answers) == {with_old}
    assert issuer.requests["/keys"] == 2


async def test_what_is_granted_here_adds_to_what_the_provider_says(bus, detect, issuer):
    """A person of whom the provider only says who they are has the rights that an administrator gave them."""
    subject_id = derived_id("oidc", issuer.url, "alice")
    subject = access_service_pb2.Subject(id=subject_id)
    subject.grants.add(role=access_pb2.ROLE_OPERATOR, watchlist_ids=["*"], camera_ids=["*"])
    record = records_pb2.SubjectRecord(subject=subject)
    await (await bus.bucket(ACCESS)).put(f"subject.{subject_id}", record.SerializeToString())
    async with asyncio.timeout(60):
        while not await accepted(detect(issuer.mint())):
            await asyncio.sleep(0.05)


async def test_an_administrator_can_lock_somebody_out_whom_the_provider_lets_in(bus, detect, issuer):
    """A disabled subject is refused, whatever the token says."""
    token = issuer.mint(groups=["operators"])
    subject_id = await detect(token)
    record = records_pb2.SubjectRecord(subject=access_service_pb2.Subject(id=subject_id, disabled=True))
    await (await bus.bucket(ACCESS)).put(f"subject.{subject_id}", record.SerializeToString())
    async with asyncio.timeout(60):
        while await accepted(detect(token)):
            await asyncio.sleep(0.05)
    assert await code_of(detect(token)) == "UNAUTHENTICATED"
