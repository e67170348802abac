"""A gateway that dies between a service's answer and its own note of it: the client's next call is the same call."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

import pytest
from rekognition_calls import ROLE
from rekognition_client import index, refused
from rekognition_system import REGION
from secrets_for_tests import tester, tester_key
from squares import write_video

from sightline.chassis.bus import connect_bus
from sightline.chassis.ending import end
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import AWS_JOBS, AWS_SHELF, AWS_TOKENS
from sightline.gateway.caller import calling_as
from sightline.gateway.rekognition.arns import Arns
from sightline.gateway.rekognition.call import Signer
from sightline.gateway.rekognition.endpoint import Desk
from sightline.gateway.rekognition.operations import OPERATIONS
from sightline.gateway.settings import GatewaySettings
from sightline.gateway.shelf import Shelf
from sightline.gateway.upstream import open_upstream
from sightline.v1 import video_job_service_pb2 as pb
from sightline.v1.camera_service_pb2 import ListCamerasRequest
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub
from sightline.v1.video_job_service_pb2_grpc import VideoJobServiceStub

ARN = "arn:aws:kinesisvideo:us-east-1:000000000000:stream"


class Dying:
    """A shelf of a process that dies when it writes there for the n-th time."""

    def __init__(self, shelf, writes):
        self._shelf, self._left = shelf, writes
        self.died = asyncio.Event()

    async def get(self, key):
        return await self._shelf.get(key)

    async def keys(self, prefix):
        return await self._shelf.keys(prefix)

    async def create(self, *document):
        await self._write()
        return await self._shelf.create(*document)

    async def replace(self, *document):
        await self._write()
        return await self._shelf.replace(*document)

    async def delete(self, *document):
        await self._write()
        return await self._shelf.delete(*document)

    async def _write(self):
        self._left -= 1
        if self._left <= 0:
            self.died.set()
            await asyncio.Event().wait()


@pytest.fixture
async def desk(system):
    """A gateway's, of this process, beside the one that runs."""
    targets = {
        f"{name}_target": system.services[name].target for name in ("detect", "embed", "match", "notify", "ingest")
    }
    async with connect_bus(system.nats_url, "test") as bus, open_upstream(GatewaySettings(**targets)) as upstream:
        shelf, tokens, jobs = [await Shelf.opened(bus, name) for name in (AWS_SHELF, AWS_TOKENS, AWS_JOBS)]
        yield Desk(upstream, Arns(REGION, "000000000000"), shelf, tokens, jobs, None)


@pytest.fixture
def dies(system, desk):
    """A function that calls an operation, in a process that dies when it writes to a shelf for the n-th time."""

    async def called(operation, shelf, writes, **parameters):
        dying = Dying(getattr(desk, shelf), writes)
        call = replace(desk, **{shelf: dying}).call(Signer(system.pair.access_key_id, "test", "consent"))
        with calling_as(tester_key()):
            task = asyncio.create_task(OPERATIONS[operation](call, parameters))
        died = asyncio.create_task(dying.died.wait())
        async with asyncio.timeout(60):
            await asyncio.wait((task, died), return_when=asyncio.FIRST_COMPLETED)
        assert dying.died.is_set(), task
        await end(task)
        await end(died)

    return called


async def test_a_video_job_is_started_once(system, client, collection, dies):
    """By StartFaceSearch and StartFaceDetection, whether the job's own note is lost or that of the token."""
    video = await asyncio.to_thread(write_video, system.videos / "lost.mp4")
    place = {"Video": {"S3Object": {"Bucket": "file", "Name": str(video)}}}
    before = await jobs_of(system)
    for operation, boto, fields in (
        ("StartFaceSearch", client.start_face_search, {"CollectionId": collection}),
        ("StartFaceDetection", client.start_face_detection, {"JobTag": "hall"}),
    ):
        for shelf, writes in (("jobs", 1), ("tokens", 2)):
            asked = place | fields | {"ClientRequestToken": str(uuid.uuid4())}
            await dies(operation, shelf, writes, **asked)
            [job] = set(await jobs_of(system)) - set(before)
            assert (await asyncio.to_thread(boto, **asked))["JobId"] == job
            assert (await asyncio.to_thread(boto, **asked))["JobId"] == job
            before = await jobs_of(system)


async def jobs_of(system):
    """Ids of all jobs."""
    async with open_channel(system.services["ingest"].target, tester()) as channel:
        stub = VideoJobServiceStub(channel)
        return [job.id for job in (await stub.ListVideoJobs(pb.ListVideoJobsRequest())).jobs]


async def test_users_are_changed_once(client, collection, portrait, dies):
    """Each operation on a user says the second time what it would have said."""
    [face] = await asyncio.to_thread(index, client, collection, portrait("Colin_Powell", 0))
    user = {"CollectionId": collection, "UserId": "ann"}

    async def again(operation, boto, **fields):
        asked = user | fields | {"ClientRequestToken": str(uuid.uuid4())}
        await dies(operation, "tokens", 2, **asked)
        answer = await asyncio.to_thread(boto, **asked)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    assert await again("CreateUser", client.create_user) == {}
    associated = await again("AssociateFaces", client.associate_faces, FaceIds=[face])
    assert associated == {
        "AssociatedFaces": [{"FaceId": face}],
        "UnsuccessfulFaceAssociations": [],
        "UserStatus": "ACTIVE",
    }
    taken = await again("DisassociateFaces", client.disassociate_faces, FaceIds=[face])
    assert taken == {
        "DisassociatedFaces": [{"FaceId": face}],
        "UnsuccessfulFaceDisassociations": [],
        "UserStatus": "CREATED",
    }
    assert await again("DeleteUser", client.delete_user) == {}
    assert (await asyncio.to_thread(client.list_users, CollectionId=collection))["Users"] == []


async def test_a_collection_has_its_tags_or_is_not_there(client, dies):
    """They are there before it; of one that somebody has they are not changed by whoever wants the name, too."""
    name = f"c-{uuid.uuid4()}"
    await dies("CreateCollection", "shelf", 1, CollectionId=name, Tags={"team": "blue"})
    made = await asyncio.to_thread(client.create_collection, CollectionId=name, Tags={"team": "blue"})
    taken = await asyncio.to_thread(refused, client.create_collection, CollectionId=name, Tags={"team": "red"})
    assert taken == ("ResourceAlreadyExistsException", 400)
    said = await asyncio.to_thread(client.list_tags_for_resource, ResourceArn=made["CollectionArn"])
    assert said["Tags"] == {"team": "blue"}
    await asyncio.to_thread(client.delete_collection, CollectionId=name)


async def test_a_stream_processor_is_made_whole(system, client, collection, dies):
    """Wherever its making ends, before its tags or before its end, it is made anew: one camera, and tags."""
    asked = {
        "Name": "lost",
        "Input": {"KinesisVideoStream": {"Arn": f"{ARN}/http://127.0.0.1:9/a"}},
        "Output": {"KinesisDataStream": {"Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/matches"}},
        "RoleArn": ROLE,
        "Settings": {"FaceSearch": {"CollectionId": collection}},
        "Tags": {"team": "blue"},
    }
    for writes in (2, 3, 4):
        await dies("CreateStreamProcessor", "shelf", writes, **asked)
    made = await asyncio.to_thread(client.create_stream_processor, **asked)
    assert [camera.name for camera in await cameras_of(system)] == ["lost"]
    said = await asyncio.to_thread(client.list_tags_for_resource, ResourceArn=made["StreamProcessorArn"])
    assert said["Tags"] == {"team": "blue"}
    taken = await asyncio.to_thread(refused, client.create_stream_processor, **asked)
    assert taken == ("ResourceInUseException", 400)
    await dies("DeleteStreamProcessor", "shelf", 2, Name="lost")
    made = await asyncio.to_thread(client.create_stream_processor, **{**asked, "Tags": {}})
    said = await asyncio.to_thread(client.list_tags_for_resource, ResourceArn=made["StreamProcessorArn"])
    assert said["Tags"] == {}, "the tags of another that had its name"
    await asyncio.to_thread(client.delete_stream_processor, Name="lost")
    assert await cameras_of(system) == []


async def cameras_of(system):
    async with open_channel(system.services["ingest"].target, tester()) as channel:
        return (await CameraServiceStub(channel).ListCameras(ListCamerasRequest())).cameras
