"""Rekognition's operations on stored video, with a real ingest; the gallery is a stand-in."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from grants_for_tests import grant
from job_stages import ANNS_FACE, Stages
from rekognition_calls import ROLE, refusal
from squares import serve_squares

from sightline.chassis.errors import InvalidInput, PermissionDenied
from sightline.chassis.ids import new_id
from sightline.gateway.rekognition.face_ids import to_uuid
from sightline.v1 import video_job_service_pb2 as video_pb

BAD_TOPIC = {"SNSTopicArn": "arn:aws:sns:us-east-1:000000000000:no name"}


def place_of(video):
    return {"S3Object": {"Bucket": "file", "Name": str(video)}}


async def test_people_are_found_in_a_stored_video(rekognition, broker_bus, ingest, watched_video):
    """Started twice with one token it is one job; its persons come when it has ended: one an appearance, in pages."""
    wanted = {"Video": place_of(watched_video), "CollectionId": "staff", "ClientRequestToken": "t-1", "JobTag": "door"}
    detect_port = int(ingest.env["SIGHTLINE_DETECT_TARGET"].rpartition(":")[2])
    async with serve_squares(broker_bus, detect_port), Stages(broker_bus).running():
        job = (await rekognition("StartFaceSearch", **wanted))["JobId"]
        assert (await rekognition("StartFaceSearch", **wanted))["JobId"] == job
        other = refusal(rekognition("StartFaceSearch", **wanted | {"JobTag": "gate"}))
        assert (await other)[0] == "IdempotentParameterMismatchException"
        seen = set()
        async with asyncio.timeout(120):
            while (answer := await rekognition("GetFaceSearch", JobId=job))["JobStatus"] == "IN_PROGRESS":
                seen.add(len(answer["Persons"]))
                await asyncio.sleep(0.1)
    assert seen <= {0}
    assert (answer["JobStatus"], answer["JobTag"], answer["Video"]) == ("SUCCEEDED", "door", wanted["Video"])
    assert answer["VideoMetadata"]["DurationMillis"] == pytest.approx(7000, abs=250)
    persons = answer["Persons"]
    assert [person["Timestamp"] for person in persons] == sorted(person["Timestamp"] for person in persons)
    assert sorted(person["Person"]["Index"] for person in persons) == [0, 1, 2]
    matches = [match for person in persons for match in person["FaceMatches"]]
    faces = {(match["Face"]["FaceId"], match["Face"]["ExternalImageId"]) for match in matches}
    assert faces == {(to_uuid(ANNS_FACE), "ann.jpg")}
    assert {match["Similarity"] for match in matches} == {90.0}
    first = await rekognition("GetFaceSearch", JobId=job, MaxResults=2, SortBy="INDEX")
    rest = await rekognition("GetFaceSearch", JobId=job, MaxResults=2, SortBy="INDEX", NextToken=first["NextToken"])
    assert [person["Person"]["Index"] for person in first["Persons"] + rest["Persons"]] == [0, 1, 2]
    assert "NextToken" not in rest
    for token, order in (("x", "INDEX"), (first["NextToken"], "TIMESTAMP")):
        code, _ = await refusal(rekognition("GetFaceSearch", JobId=job, SortBy=order, NextToken=token))
        assert code == "InvalidPaginationTokenException"


async def test_faces_are_found_in_a_stored_video(rekognition, broker_bus, ingest, admitted, watched_video):
    """Whosever they are, each at its moment, in pages; the job is one of detection alone, and others may not see it."""
    wanted = {"Video": place_of(watched_video), "FaceAttributes": "ALL", "ClientRequestToken": "f-1", "JobTag": "hall"}
    detect_port = int(ingest.env["SIGHTLINE_DETECT_TARGET"].rpartition(":")[2])
    async with serve_squares(broker_bus, detect_port), asyncio.timeout(120):
        job = (await rekognition("StartFaceDetection", **wanted))["JobId"]
        assert (await rekognition("StartFaceDetection", **wanted))["JobId"] == job
        other = refusal(rekognition("StartFaceDetection", **wanted | {"FaceAttributes": "DEFAULT"}))
        assert (await other)[0] == "IdempotentParameterMismatchException"
        while (answer := await rekognition("GetFaceDetection", JobId=job))["JobStatus"] == "IN_PROGRESS":
            assert answer["Faces"] == []
            await asyncio.sleep(0.1)
    assert (answer["JobStatus"], answer["JobTag"], answer["Video"]) == ("SUCCEEDED", "hall", wanted["Video"])
    video = {"Codec": "mpeg4", "Format": "QuickTime / MOV", "DurationMillis": 7000, "ColorRange": "LIMITED"}
    assert answer["VideoMetadata"] == video | {"FrameRate": 10.0, "FrameWidth": 320, "FrameHeight": 240}
    faces = answer["Faces"]
    assert len(faces) == 15  # three a second: six and five of the first two squares, and four of the third
    assert [face["Timestamp"] for face in faces] == sorted(face["Timestamp"] for face in faces)
    assert {frozenset(face["Face"]) for face in faces} == {
        frozenset({"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"})
    }
    assert faces[0]["Face"]["BoundingBox"]["Width"] == pytest.approx(48 / 320, abs=0.02)
    first = await rekognition("GetFaceDetection", JobId=job, MaxResults=9)
    rest = await rekognition("GetFaceDetection", JobId=job, MaxResults=9, NextToken=first["NextToken"])
    assert (first["Faces"] + rest["Faces"], "NextToken" in rest) == (faces, False)
    with pytest.raises(InvalidInput, match="PAGE_TOKEN_INVALID"):
        await rekognition("GetFaceDetection", JobId=job, NextToken="x")
    assert (await refusal(rekognition("GetFaceSearch", JobId=job)))[0] == "ResourceNotFoundException"
    ben = await admitted("ben", grant("operator", ["*"], [new_id()]))
    assert (await refusal(rekognition("GetFaceDetection", ben, JobId=job)))[0] == "ResourceNotFoundException"
    with pytest.raises(PermissionDenied, match="GRANT_TOO_NARROW"):
        await rekognition("StartFaceDetection", ben, Video=wanted["Video"])


async def test_a_topic_is_told_of_a_job_s_end(rekognition, broker_bus, ingest, receiver, watched_video):
    """On the broker, and by a signed webhook in SNS's form; both have the message that Rekognition publishes."""
    channel = {"SNSTopicArn": "arn:aws:sns:us-east-1:000000000000:done", "RoleArn": ROLE}
    told = {"Video": place_of(watched_video), "NotificationChannel": channel, "JobTag": "hall"}
    detect_port = int(ingest.env["SIGHTLINE_DETECT_TARGET"].rpartition(":")[2])
    async with serve_squares(broker_bus, detect_port), asyncio.timeout(120):
        job = (await rekognition("StartFaceDetection", **told))["JobId"]
        while not receiver.taken:
            await asyncio.sleep(0.1)
    said = await broker_bus.js.get_last_msg("EVENTS", f"sightline.events.completion.done.{job}")
    completion = video_pb.VideoJobCompletion.FromString(said.data)
    message = json.loads(completion.message)
    assert message == {
        "JobId": job,
        "Status": "SUCCEEDED",
        "API": "StartFaceDetection",
        "JobTag": "hall",
        "Timestamp": completion.time.ToMilliseconds(),
        "Video": {"S3ObjectName": str(watched_video), "S3Bucket": "file"},
    }
    assert abs(message["Timestamp"] / 1000 - time.time()) < 60
    taken, *again = receiver.taken
    assert all(each.headers["webhook-id"] == taken.headers["webhook-id"] for each in again)
    taken.verify(receiver.secret)
    assert (taken.json["Type"], taken.json["TopicArn"]) == ("Notification", channel["SNSTopicArn"])
    assert json.loads(taken.json["Message"]) == message
    silent = rekognition("StartFaceSearch", CollectionId="staff", **told | {"NotificationChannel": channel | BAD_TOPIC})
    with pytest.raises(InvalidInput, match="topic_arn"):
        await silent


async def test_a_threshold_counts(rekognition, broker_bus, ingest, watched_video):
    """Nobody is as similar as 95: the job succeeds with no persons."""
    detect_port = int(ingest.env["SIGHTLINE_DETECT_TARGET"].rpartition(":")[2])
    async with serve_squares(broker_bus, detect_port), Stages(broker_bus).running(), asyncio.timeout(120):
        started = await rekognition(
            "StartFaceSearch", Video=place_of(watched_video), CollectionId="staff", FaceMatchThreshold=95.0
        )
        while (answer := await rekognition("GetFaceSearch", **started))["JobStatus"] == "IN_PROGRESS":
            await asyncio.sleep(0.1)
    assert (answer["JobStatus"], answer["Persons"]) == ("SUCCEEDED", [])


async def test_a_video_that_cannot_be_had_is_told(rekognition, watched_video):
    """Another file or bucket, a version, an unknown job, and what is not served at all: each has its code."""
    start = {"CollectionId": "staff"}
    objects = [
        place_of(watched_video.with_name("other.mp4")),
        {"S3Object": {"Bucket": "nobodys", "Name": "a.mp4"}},
        {"S3Object": {"Bucket": "file", "Name": str(watched_video), "Version": "1"}},
    ]
    codes = [(await refusal(rekognition("StartFaceSearch", Video=each, **start)))[0] for each in objects]
    codes += [(await refusal(rekognition("StartFaceDetection", Video=each)))[0] for each in objects]
    assert codes == ["InvalidS3ObjectException"] * 6
    for job in (new_id(), "no-id"):
        for operation in ("GetFaceSearch", "GetFaceDetection"):
            assert (await refusal(rekognition(operation, JobId=job)))[0] == "ResourceNotFoundException"
    assert (await refusal(rekognition("CreateFaceLivenessSession")))[0] == "AccessDeniedException"
    code, message = await refusal(rekognition("GetFaceLivenessSessionResults", SessionId=new_id()))
    assert (code, "made up" in message) == ("SessionNotFoundException", True)
