"""Rekognition's stream processors, which are cameras, with a real ingest; the gallery is a stand-in."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from free_ports import find_free_ports
from google.protobuf.timestamp_pb2 import Timestamp
from grants_for_tests import grant
from job_stages import ANNS_FACE
from nats.js.errors import NotFoundError
from prometheus_client import CollectorRegistry
from rekognition_calls import ROLE, STAFF, refusal
from rest_promises import Promises
from secrets_for_tests import tester, tester_key
from starlette.applications import Starlette
from starlette.routing import Mount

from sightline.chassis.errors import NotFound
from sightline.chassis.ids import new_id
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import sightings, stream_records
from sightline.gateway.__main__ import record_worker
from sightline.gateway.rekognition.face_ids import to_uuid
from sightline.gateway.rekognition.processor import Processors
from sightline.gateway.rekognition.stream_routes import stream_routes
from sightline.gateway.rest.openapi.document import build
from sightline.v1 import alert_service_pb2 as alert_pb
from sightline.v1 import camera_service_pb2 as camera_pb
from sightline.v1 import events_pb2, face_pb2
from sightline.v1 import gallery_service_pb2 as gallery_pb
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub

ARN = "arn:aws:kinesisvideo:us-east-1:000000000000:stream"
OUTPUT = {"KinesisDataStream": {"Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/matches"}}


def processor(name, stream, **fields):
    return {
        "Name": name,
        "Input": {"KinesisVideoStream": {"Arn": f"{ARN}/{stream}"}},
        "Output": OUTPUT,
        "RoleArn": ROLE,
        "Settings": {"FaceSearch": {"CollectionId": "staff", "FaceMatchThreshold": 70.0}},
        **fields,
    }


async def test_a_stream_processor_is_a_camera(rekognition, admitted):
    """Out of a URL one is made, described, listed, started, stopped, updated and deleted; others do not see it."""
    port = find_free_ports(1)[0]
    made = await rekognition("CreateStreamProcessor", **processor("door", f"rtsp://127.0.0.1:{port}/cam?channel=1"))
    assert made["StreamProcessorArn"].endswith(":streamprocessor/door")
    said = await rekognition("DescribeStreamProcessor", Name="door")
    assert (said["Status"], said["Settings"]["FaceSearch"]["FaceMatchThreshold"]) == ("STOPPED", 80.0)
    assert said["CreationTimestamp"] == said["LastUpdateTimestamp"]
    assert {"Name": "door", "Status": "STOPPED"} in (await rekognition("ListStreamProcessors"))["StreamProcessors"]
    ben = await admitted("ben", grant("operator", ["*"], [new_id()]))
    assert (await rekognition("ListStreamProcessors", ben))["StreamProcessors"] == []
    code, _ = await refusal(rekognition("DescribeStreamProcessor", ben, Name="door"))
    assert code == "ResourceNotFoundException"
    assert await rekognition("StartStreamProcessor", Name="door") == {}
    started = await rekognition("DescribeStreamProcessor", Name="door")
    assert started["Status"] in {"STARTING", "FAILED"}
    assert said["LastUpdateTimestamp"] < started["LastUpdateTimestamp"]
    again = refusal(rekognition("StartStreamProcessor", Name="door"))
    assert (await again)[0] == "ResourceInUseException"
    assert (await refusal(rekognition("DeleteStreamProcessor", Name="door")))[0] == "ResourceInUseException"
    await rekognition("StopStreamProcessor", Name="door")
    assert (await refusal(rekognition("StopStreamProcessor", Name="door")))[0] == "ResourceInUseException"
    stopped = await rekognition("DescribeStreamProcessor", Name="door")
    assert started["LastUpdateTimestamp"] < stopped["LastUpdateTimestamp"]
    await rekognition("UpdateStreamProcessor", Name="door", DataSharingPreferenceForUpdate={"OptIn": False})
    said = await rekognition("DescribeStreamProcessor", Name="door")
    assert (said["Status"], said["DataSharingPreference"]) == ("STOPPED", {"OptIn": False})
    assert stopped["LastUpdateTimestamp"] < said["LastUpdateTimestamp"]
    await rekognition("DeleteStreamProcessor", Name="door")
    for operation in ("Describe", "Start", "Stop", "Delete"):
        code, _ = await refusal(rekognition(f"{operation}StreamProcessor", Name="door"))
        assert code == "ResourceNotFoundException"


async def test_a_processor_whose_collection_is_gone_has_failed(rekognition, admitted, ingest, staff):
    """As Rekognition has it. It starts again with another collection of that name, and may be deleted as it is."""
    url = f"rtsp://127.0.0.1:{find_free_ports(1)[0]}/cam"
    await rekognition("CreateStreamProcessor", **processor("lost", url))
    await rekognition("StartStreamProcessor", Name="lost")
    staff.id = ""
    said = await rekognition("DescribeStreamProcessor", Name="lost")
    assert (said["Status"], said["StatusMessage"][:20]) == ("FAILED", "Collection not found")
    assert {"Name": "lost", "Status": "FAILED"} in (await rekognition("ListStreamProcessors"))["StreamProcessors"]
    ben = await admitted("ben", grant("viewer", [new_id()], ["*"]))
    unseen = await rekognition("DescribeStreamProcessor", ben, Name="lost")
    assert unseen["Status"] == "STARTING", "somebody else's collection may be there or not"
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):  # clients get a ResourceNotFoundException
        await rekognition("StartStreamProcessor", Name="lost")
    staff.id = new_id()
    await rekognition("StartStreamProcessor", Name="lost")
    assert (await rekognition("DescribeStreamProcessor", Name="lost"))["Status"] == "STARTING"
    async with open_channel(ingest.target, tester()) as channel:
        cameras = (await CameraServiceStub(channel).ListCameras(camera_pb.ListCamerasRequest())).cameras
        assert [list(each.watchlist_ids) for each in cameras if each.name == "lost"] == [[staff.id]]
    code, _ = await refusal(rekognition("DeleteStreamProcessor", Name="lost"))
    assert code == "ResourceInUseException"
    staff.id = ""
    await rekognition("DeleteStreamProcessor", Name="lost")
    assert (await rekognition("ListStreamProcessors"))["StreamProcessors"] == []


async def test_a_camera_that_is_there_has_one_processor(rekognition, admitted, ingest, watched_video):
    """Its id is the stream's name; the collection is looked for in it, too; and it stays when the processor goes."""
    async with open_channel(ingest.target, tester()) as channel:
        stub = CameraServiceStub(channel)
        camera = camera_pb.Camera(name="file", source_url=watched_video.as_uri(), watchlist_ids=[new_id()])
        camera = (await stub.CreateCamera(camera_pb.CreateCameraRequest(camera=camera))).camera
        await rekognition("CreateStreamProcessor", **processor("one", f"{camera.id}/1600000000000"))
        others = (processor("two", camera.id), processor("one", "http://127.0.0.1:9/w"))
        codes = [(await refusal(rekognition("CreateStreamProcessor", **other)))[0] for other in others]
        assert codes == ["ResourceInUseException"] * 2
        matched = (await stub.GetCamera(camera_pb.GetCameraRequest(camera_id=camera.id))).camera.watchlist_ids
        assert list(matched) == [*camera.watchlist_ids, STAFF]
        await rekognition("CreateStreamProcessor", **processor("three", "http://127.0.0.1:9/v"))
        first = await rekognition("ListStreamProcessors", MaxResults=1)
        rest = await rekognition("ListStreamProcessors", MaxResults=1, NextToken=first["NextToken"])
        assert [each["Name"] for page in (first, rest) for each in page["StreamProcessors"]] == ["one", "three"]
        assert "NextToken" not in rest
        await _is_for_operators(rekognition, admitted, camera.id)
        await rekognition("DeleteStreamProcessor", Name="one")
        later = await rekognition("ListStreamProcessors", NextToken=first["NextToken"])
        assert [each["Name"] for each in later["StreamProcessors"]] == ["three"], "a page begins behind a name"
        await rekognition("DeleteStreamProcessor", Name="three")
        left = (await stub.ListCameras(camera_pb.ListCamerasRequest())).cameras
        assert [each.id for each in left] == [camera.id]


async def _is_for_operators(rekognition, admitted, camera_id):
    """Whoever may only look, or operates another watchlist at its camera, sees `one`, and makes and changes none."""
    grants = {"eve": [grant("viewer", ["*"], ["*"])]}
    grants["dan"] = [*grants["eve"], grant("operator", [new_id()], ["*"])]
    grants["fay"] = [*grants["dan"], grant("operator", [STAFF], [new_id()])]
    for handle, theirs in grants.items():
        key = await admitted(handle, *theirs)
        assert (await rekognition("DescribeStreamProcessor", key, Name="one"))["Name"] == "one"
        sharing = {"DataSharingPreferenceForUpdate": {"OptIn": True}}
        tried = (
            rekognition("CreateStreamProcessor", key, **processor("mine", camera_id)),
            rekognition("UpdateStreamProcessor", key, Name="one", **sharing),
            rekognition("DeleteStreamProcessor", key, Name="one"),
        )
        assert [(await refusal(each))[0] for each in tried] == ["AccessDeniedException"] * 3
    assert "DataSharingPreference" not in await rekognition("DescribeStreamProcessor", Name="one")


async def test_what_is_found_is_read_as_from_kinesis(rekognition, desk, broker_bus, admitted):
    """Alerts of the camera that are similar enough, as Rekognition's records; then on from there, and others' not."""
    await rekognition("CreateStreamProcessor", **processor("door", "http://127.0.0.1:9/v", Tags={"floor": "1"}))
    arn = desk.arns.of("streamprocessor", "door")
    assert await rekognition("ListTagsForResource", ResourceArn=arn) == {"Tags": {"floor": "1"}}
    camera_id = (await Processors(desk.shelf).get("door")).camera_id
    ben = await admitted("ben", grant("viewer", ["*"], [new_id()]))
    stop = asyncio.Event()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Starlette(routes=[Mount("/v1", routes=stream_routes(desk, stop))])),
        base_url="http://gateway/v1",
        event_hooks={"response": [held_against_the_document]},
    ) as client:

        async def read(key=None, name="door", **asked):
            headers = {"authorization": f"Bearer {key or tester_key()}"}
            params = {"purpose": "test", **asked}
            return await client.get(f"/stream-processors/{name}/records", params=params, headers=headers)

        nothing = (await read(wait=0)).json()
        assert nothing["records"] == []
        for source, similarity in ((camera_id, 70.0), (new_id(), 99.0), (camera_id, 91.0)):
            await publish_sighting(broker_bus, source, similarity)
        first = nothing
        async with asyncio.timeout(120):
            while not first["records"]:
                first = (await read(after=first["after"])).json()
        [record] = [each["Data"] for each in first["records"]]
        assert record["InputInformation"]["KinesisVideo"]["StreamArn"].endswith("http://127.0.0.1:9/v")
        assert record["StreamProcessorInformation"] == {"Status": "RUNNING"}
        [found] = record["FaceSearchResponse"]
        assert found["DetectedFace"]["BoundingBox"]["Left"] == pytest.approx(0.25)
        [match] = found["MatchedFaces"]
        assert (match["Similarity"], match["Face"]["ExternalImageId"]) == (91.0, "ann.jpg")
        # What else becomes of the alert, as that its picture is there, is the same fragment.
        again = (await read(after=first["after"], wait=1)).json()["records"]
        assert {fragment(each["Data"]) for each in again} <= {fragment(record)}
        waiting = asyncio.create_task(read(after=first["after"], wait=20))
        await asyncio.sleep(0.2)
        stop.set()
        async with asyncio.timeout(15):  # it does not wait for what will not come here any more
            assert (await waiting).status_code == 200
        answers = [await read(ben), await read(name="gate"), await read(after="x"), await read(wait="-1")]
        assert [answer.status_code for answer in answers] == [404, 404, 400, 400]
        assert (await client.get("/stream-processors/door/records")).status_code == 401
    await rekognition("DeleteStreamProcessor", Name="door")
    assert (await refusal(rekognition("ListTagsForResource", ResourceArn=arn)))[0] == "ResourceNotFoundException"


@pytest.mark.parametrize("policy", [gallery_pb.REVIEW_POLICY_NONE, gallery_pb.REVIEW_POLICY_ONE])
async def test_what_may_leave_is_said_on_the_broker_as_to_kinesis(rekognition, desk, broker_bus, notify, policy):
    """Where a review is asked for, nothing before it is confirmed; then the same record as by HTTP, of this camera."""
    await rekognition("CreateStreamProcessor", **processor("door", "http://127.0.0.1:9/v"))
    camera_id = (await Processors(desk.shelf).get("door")).camera_id
    subject = stream_records(STAFF, camera_id)
    worker = record_worker(broker_bus, Processors(desk.shelf), CollectorRegistry())
    async with worker.running(), open_channel(notify.target, tester()) as channel, asyncio.timeout(120):
        alerts = AlertServiceStub(channel)
        for source, similarity in ((new_id(), 99.0), (camera_id, 70.0), (camera_id, 91.0)):
            await publish_sighting(broker_bus, source, similarity, review_policy=policy)
        raised = await alerts_of(alerts, camera_id, 2)
        [alert] = [each for each in raised if each.person.similarity > 90]
        if policy == gallery_pb.REVIEW_POLICY_ONE:
            await asyncio.sleep(0.5)
            with pytest.raises(NotFoundError):
                await broker_bus.js.get_last_msg("EVENTS", subject)
            review = alert_pb.ReviewAlertRequest(alert_id=alert.id, reason="test", purpose="test")
            review.decision, review.confidence = alert_pb.REVIEW_DECISION_CONFIRMED, alert_pb.REVIEW_CONFIDENCE_HIGH
            await alerts.ReviewAlert(review)
        while not (lying := await broker_bus.js.stream_info("EVENTS", subjects_filter=subject)).state.subjects:
            await asyncio.sleep(0.05)
        assert lying.state.subjects == {subject: 1}
        said = events_pb2.StreamProcessorRecord.FromString((await broker_bus.js.get_last_msg("EVENTS", subject)).data)
    record = json.loads(said.data)
    assert (said.stream_processor, said.alert_id) == ("door", alert.id)
    assert record["InputInformation"]["KinesisVideo"]["StreamArn"].endswith("http://127.0.0.1:9/v")
    [found] = record["FaceSearchResponse"]
    assert found["DetectedFace"]["BoundingBox"]["Left"] == pytest.approx(0.25)
    face = {"FaceId": to_uuid(ANNS_FACE), "ExternalImageId": "ann.jpg"}
    assert found["MatchedFaces"] == [{"Similarity": 91.0, "Face": face}]
    await rekognition("DeleteStreamProcessor", Name="door")


async def alerts_of(stub, camera_id, number):
    """Of a camera, as soon as there are so many."""
    while True:
        listed = (await stub.ListAlerts(alert_pb.ListAlertsRequest(source=camera_id, purpose="test"))).alerts
        if len(listed) == number:
            return listed
        await asyncio.sleep(0.05)


async def held_against_the_document(response):
    """Every answer is as the OpenAPI document says."""
    await response.aread()
    Promises(build()).check(response)


def fragment(record):
    return record["InputInformation"]["KinesisVideo"]["FragmentNumber"]


async def publish_sighting(bus, source, similarity, **fields):
    """As match says that somebody may be there; each is on somebody else, and an alert of its own."""
    person, now = {"person_id": new_id(), "face_id": ANNS_FACE, "external_image_id": "ann.jpg"}, Timestamp()
    now.GetCurrentTime()
    sighting = events_pb2.Sighting(
        id=new_id(),
        revision=1,
        watchlist_id=STAFF,
        source=source,
        track_id=new_id(),
        event_time=now,
        frame_time=now,
        candidates=[events_pb2.Candidate(**person, similarity=similarity, cosine=0.7)],
        bounding_box=face_pb2.BoundingBox(left=0.25, top=0.25, width=0.5, height=0.5),
        **fields,
    )
    await bus.publish(sightings(STAFF, source), sighting, dedup_id=sighting.id)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Input": {"KinesisVideoStream": {"Arn": f"{ARN}/my-stream/123"}}}, "camera's id"),
        ({"Input": {"KinesisVideoStream": {"Arn": f"{ARN}/{'a' * 26}/123"}}}, "no camera"),
        ({"Input": {}}, "KinesisVideoStream"),
        ({"Output": {"S3Destination": {"Bucket": "results"}}}, "labels"),
        ({"Settings": {"ConnectedHome": {"Labels": ["PERSON"]}}}, "labels"),
        ({"Settings": {"FaceSearch": {}}}, "CollectionId"),
        ({"NotificationChannel": {"SNSTopicArn": "arn:aws:sns:us-east-1:000000000000:x"}}, "SNS"),
        ({"RegionsOfInterest": [{"BoundingBox": {"Left": 0.0}}]}, "regions of the camera"),
    ],
)
async def test_what_a_stream_processor_cannot_have_is_told(rekognition, change, said):
    """Nothing that would be left out without a word is taken."""
    code, message = await refusal(
        rekognition("CreateStreamProcessor", **processor("none", "rtsp://127.0.0.1/") | change)
    )
    assert (code, said in message) == ("InvalidParameterException", True)
    assert (await refusal(rekognition("DescribeStreamProcessor", Name="none")))[0] == "ResourceNotFoundException"
