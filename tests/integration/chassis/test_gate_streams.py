"""The gate in front of RPCs that take a stream of requests."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis.access import Place
from sightline.chassis.errors import NotFound
from sightline.chassis.health import Health
from sightline.chassis.identity.api_key import hash_secret, new_key
from sightline.chassis.identity.identity import open_identity, read_secrets
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import current_principal
from sightline.chassis.rpc import BearerText, Served, from_rpc_error, open_channel, serve_rpc
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.topology import ACCESS
from sightline.v1 import access_pb2, access_service_pb2, face_pb2, gallery_service_pb2, import_service_pb2, records_pb2
from sightline.v1.import_service_pb2_grpc import (
    ImportServiceServicer,
    ImportServiceStub,
    add_ImportServiceServicer_to_server,
)

OWN, OTHER, FOREIGN = (derived_id(name) for name in ("own", "other", "foreign"))
UPLOAD = "/sightline.test.UploadService/Upload"


def upload_messages():
    """Request and response of an RPC that takes a stream and answers once; the contracts have none."""
    pool = descriptor_pool.Default()
    file = descriptor_pb2.FileDescriptorProto(name="sightline/test/upload.proto", package="sightline.test")
    file.syntax = "proto3"
    file.dependency.append("sightline/v1/gallery_service.proto")
    method = descriptor_pb2.MethodDescriptorProto(
        name="Upload",
        input_type=".sightline.v1.DeleteWatchlistRequest",
        output_type=".sightline.v1.DeleteWatchlistResponse",
        client_streaming=True,
    )
    access = method.options.Extensions[access_pb2.access]
    access.roles.append(access_pb2.ROLE_OPERATOR)
    access.targets.add(kind=access_pb2.OBJECT_KIND_WATCHLIST, scope=access_pb2.SCOPE_NAMED, field="watchlist")
    file.service.add(name="UploadService", method=[method])
    pool.AddSerializedFile(file.SerializeToString())
    found = pool.FindServiceByName("sightline.test.UploadService").methods[0]
    return GetMessageClass(found.input_type), GetMessageClass(found.output_type)


class OnlyThese:
    """A Locator that knows three watchlists."""

    async def place(self, name):
        """See Locator."""
        return Place(watchlist=name) if name in {OWN, OTHER, FOREIGN} else None

    def missing(self, name):
        """See Locator."""
        return NotFound("WATCHLIST_NOT_FOUND", f"There is no {name}.")


class StubImport(ImportServiceServicer):
    """Answers every batch with its caller, and remembers what it saw."""

    def __init__(self):
        self.seen = []

    async def ImportFaces(self, requests, _):
        async for request in requests:
            self.seen.append(request.purpose)
            item = import_service_pb2.ImportedItem(key=current_principal().subject)
            yield import_service_pb2.ImportFacesResponse(items=[item])


async def upload(requests, _):
    """Answers with how many requests there were."""
    count = len([request async for request in requests])
    return gallery_service_pb2.DeleteWatchlistResponse(deleted_faces=count)


def add_upload(_, server):
    """Puts the RPC on a server."""
    request, response = upload_messages()
    handler = grpc.stream_unary_rpc_method_handler(upload, request.FromString, response.SerializeToString)
    server.add_registered_method_handlers("sightline.test.UploadService", {"Upload": handler})
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("sightline.test.UploadService", {"Upload": handler}),)
    )


class TestSettings(ServiceSettings):
    """Settings of a service that answers to the name of match."""

    __test__ = False
    service = "match"


@pytest.fixture
async def served(bus, nats_server):
    """A servicer, where it listens, and whom its server knows."""
    settings = TestSettings(secrets_dir=secrets_folder().path, nats_url=nats_server.url, drain_seconds=1)
    async with open_identity(settings, read_secrets(settings), bus) as identity:
        stub = StubImport()
        upload_messages()
        services = [
            Served("sightline.v1.ImportService", stub, add_ImportServiceServicer_to_server),
            Served("sightline.test.UploadService", None, add_upload),
        ]
        locators = {access_pb2.OBJECT_KIND_WATCHLIST: OnlyThese()}
        async with serve_rpc(settings, services, identity, Health(), CollectorRegistry(), locators) as port:
            yield stub, f"127.0.0.1:{port}", identity.book


class Operator:
    """An operator of two watchlists, with a key."""

    def __init__(self, bucket, role):
        self._bucket = bucket
        self._made = new_key()
        self.credentials = BearerText(self._made.text)
        grant = access_service_pb2.Grant(role=role, watchlist_ids=[OWN, OTHER], camera_ids=["*"])
        self.subject = access_service_pb2.Subject(id=derived_id("ann"), handle="ann", grants=[grant])

    async def save(self):
        """Writes the records as they are now; gives the place of the last."""
        key = records_pb2.ApiKeyRecord(secret_hash=hash_secret(secrets_folder().callers_key(), self._made.secret))
        key.key.id, key.key.subject_id = self._made.id, self.subject.id
        key.key.expire_time.GetCurrentTime()
        key.key.expire_time.seconds += 3600
        subject = records_pb2.SubjectRecord(subject=self.subject)
        await self._bucket.put(f"subject.{self.subject.id}", subject.SerializeToString())
        return await self._bucket.put(f"key.{self._made.id}", key.SerializeToString())


@pytest.fixture
async def operator(bus, served):
    """A function that makes somebody of that role, whom the server knows."""

    async def make(role=access_pb2.ROLE_OPERATOR):
        made = Operator(await bus.bucket(ACCESS), role)
        await served[2].reached(await made.save())
        return made

    return make


def batch(watchlist=OWN, **fields):
    """A valid batch."""
    item = import_service_pb2.ImportItem(key="k", person="p", image=face_pb2.Image(encoded=b"x"))
    return import_service_pb2.ImportFacesRequest(watchlist=watchlist, **{"items": [item], "purpose": "test", **fields})


@asynccontextmanager
async def importing(target, credentials):
    """An open call, to be written to and read from."""
    async with open_channel(target, credentials) as channel:
        yield ImportServiceStub(channel).ImportFaces()


async def until_it_ends(call):
    """Every answer."""
    while True:
        yield await call.read()


async def reason_of(call):
    """With what the call ends."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await anext(answer async for answer in until_it_ends(call) if answer is grpc.aio.EOF)
    return from_rpc_error(refusal.value, "match").reason


async def test_every_request_is_answered_for_its_caller(served, operator):
    """A stream of requests has one caller, whom the servicer knows in every answer; it ends when they have done."""
    ann = await operator()
    async with importing(served[1], ann.credentials) as call:
        for number in range(3):
            await call.write(batch(purpose=str(number)))
            assert (await call.read()).items[0].key == ann.subject.id
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK
    assert served[0].seen == ["0", "1", "2"]


async def test_a_stranger_is_refused_before_they_send_anything(served):
    """Whoever nobody knows cannot hold a call open by sending nothing."""
    async with importing(served[1], BearerText(new_key().text)) as call, asyncio.timeout(60):
        assert await reason_of(call) == "CREDENTIALS_REFUSED"
    assert served[0].seen == []


async def test_a_role_that_may_not_call_is_refused_before_they_send_anything(served, operator):
    """So can nobody whose role does not allow the call."""
    viewer = await operator(access_pb2.ROLE_VIEWER)
    async with importing(served[1], viewer.credentials) as call, asyncio.timeout(60):
        assert await reason_of(call) == "ROLE_MISSING"


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ([batch(FOREIGN)], "WATCHLIST_NOT_FOUND"),
        ([batch(derived_id("absent"))], "WATCHLIST_NOT_FOUND"),
        ([batch(items=[])], "REQUEST_INVALID"),
        ([batch(), batch(items=[])], "REQUEST_INVALID"),
        ([batch(), batch(FOREIGN)], "WATCHLIST_NOT_FOUND"),
        ([batch(), batch(OTHER)], "OBJECT_CHANGED"),
        ([], "REQUEST_MISSING"),
    ],
)
async def test_each_request_is_checked(served, operator, requests, reason):
    """The first that is not valid, or about something else than the first, ends the call; nobody handles it."""
    ann = await operator()
    async with importing(served[1], ann.credentials) as call:
        for request in requests:
            await call.write(request)
        await call.done_writing()
        assert await reason_of(call) == reason
    assert len(served[0].seen) == max(0, len(requests) - 1)


async def test_an_open_call_ends_with_the_right_to_it(served, operator):
    """Whoever loses the watchlist cannot go on sending to it."""
    ann = await operator()
    async with importing(served[1], ann.credentials) as call:
        await call.write(batch())
        await call.read()
        ann.subject.grants[0].watchlist_ids[:] = [OTHER]
        await ann.save()
        async with asyncio.timeout(60):
            assert await reason_of(call) == "RIGHTS_CHANGED"


async def test_a_stream_with_one_answer_goes_through_the_same_door(served, operator):
    """Where many requests have one answer, the caller is known, and each request is checked, all the same."""
    ann = await operator()
    kind, answer = upload_messages()
    async with open_channel(served[1], ann.credentials) as channel:
        rpc = channel.stream_unary(UPLOAD, kind.SerializeToString, answer.FromString)
        assert (await rpc(iter([kind(watchlist=OWN)] * 3))).deleted_faces == 3
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await rpc(iter([kind(watchlist=OWN), kind(watchlist=OTHER)]))
        assert from_rpc_error(refusal.value, "match").reason == "OBJECT_CHANGED"
    async with open_channel(served[1], BearerText(new_key().text)) as channel:
        rpc = channel.stream_unary(UPLOAD, kind.SerializeToString, answer.FromString)
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await rpc(iter([kind(watchlist=OWN)]))
        assert refusal.value.code() is grpc.StatusCode.UNAUTHENTICATED
