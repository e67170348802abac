"""Detect as its own process, called over gRPC."""

from __future__ import annotations

import asyncio
import json
import shutil
import urllib.request
from itertools import product

import cv2
import grpc
import numpy as np
import pytest
from secrets_for_tests import secrets_folder, service, tester

from sightline.chassis.errors import InvalidInput, Unauthenticated
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import encode_jpeg
from sightline.chassis.rpc import BearerText, from_rpc_error, open_channel
from sightline.v1 import detect_service_pb2 as pb
from sightline.v1 import detect_service_pb2_grpc, events_pb2, face_pb2

WHY = {"purpose": "test", "case_reference": "case-7"}


@pytest.fixture
def astronaut():
    """(512, 512, 3) RGB with one face."""
    from skimage import data  # noqa: PLC0415 - slow to import

    return data.astronaut()


@pytest.fixture
def detect_process(service_process, starter_pack, bus, nats_server):
    """A function that starts a detect on a broker that knows the tester."""
    return lambda **settings: service_process(
        "detect", **{"pack_dir": starter_pack, "nats_url": nats_server.url} | settings
    )


@pytest.fixture
async def detect(detect_process):
    """A detect that is ready."""
    running = detect_process()
    await running.ready()
    return running


async def call(running, *images, caller=None, **wishes):
    """Calls DetectFaces, as the tester where nobody else is named, and raises our own errors."""
    request = pb.DetectFacesRequest(images=images, **wishes)
    async with open_channel(running.target, caller or tester()) as channel:
        try:
            return await detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(request, timeout=200)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "detect") from error


def encoded(pixels):
    """The picture as a JPEG."""
    return face_pb2.Image(encoded=encode_jpeg(pixels, 92))


def raw(pixels, width=None):
    """The picture as pixels; `width` may lie."""
    height, true_width = pixels.shape[:2]
    return face_pb2.Image(raw=face_pb2.RawImage(width=width or true_width, height=height, rgb=pixels.tobytes()))


async def test_faces_come_back_in_ratios(detect, astronaut, starter_pack):
    """Encoded or raw, and of whatever size, the face is at the same place, with its landmarks inside."""
    half = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    answer = await call(detect, encoded(astronaut), raw(astronaut), raw(half), max_faces=1)
    assert answer.detector_id == load_pack(starter_pack).detector_id
    assert [(result.width, result.height) for result in answer.results] == [(512, 512), (512, 512), (256, 256)]
    for (face,) in (result.faces for result in answer.results):
        box, eye = face.bounding_box, face.landmarks.left_eye
        assert (box.left, box.top, box.width, box.height) == pytest.approx((0.36, 0.15, 0.16, 0.22), abs=0.04)
        assert box.left < eye.x < face.landmarks.right_eye.x < box.left + box.width
        assert face.confidence > 0.9
        assert abs(face.pose.roll) < 20
        assert 0.2 < face.quality.overall <= 1


async def test_a_bad_picture_fails_alone(detect, astronaut):
    """Text, and pixels that do not fill their rectangle, have an error each; their neighbours have faces."""
    text = face_pb2.Image(encoded=b"no picture at all")
    answer = await call(detect, encoded(astronaut), text, raw(astronaut, width=511), raw(astronaut))
    assert [result.error.reason for result in answer.results] == ["", "IMAGE_FORMAT", "RAW_SIZE", ""]
    assert [bool(result.faces) for result in answer.results] == [True, False, False, True]


async def test_a_profile_is_a_wish(detect, astronaut):
    """Every profile finds the face, trimmed or not; a number that is none is REQUEST_INVALID."""
    for profile, trim in product(face_pb2.DetectionProfile.values(), (False, True)):
        assert (await call(detect, encoded(astronaut), max_faces=1, profile=profile, trim=trim)).results[0].faces
    with pytest.raises(InvalidInput, match="REQUEST_INVALID"):
        await call(detect, encoded(astronaut), profile=9)


async def test_invalid_requests_and_unknown_callers_are_refused(detect, astronaut):
    """No picture, seventeen and an empty one are REQUEST_INVALID; wrong credentials are CREDENTIALS_REFUSED."""
    for images in ([], [encoded(astronaut)] * 17, [face_pb2.Image()]):
        with pytest.raises(InvalidInput, match="REQUEST_INVALID"):
            await call(detect, *images)
    for stranger in (BearerText("wrong"), service("match", "embed")):
        with pytest.raises(Unauthenticated, match="CREDENTIALS_REFUSED"):
            await call(detect, encoded(astronaut), caller=stranger)
    async with grpc.aio.insecure_channel(detect.target) as channel:
        stub = detect_service_pb2_grpc.DetectServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.DetectFaces(pb.DetectFacesRequest(images=[encoded(astronaut)]), timeout=60)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_people_are_audited_and_services_are_not(detect, astronaut, bus):
    """A person's call is in the trail, with who and why; a service's is not: its own record says for whom it acts."""
    await call(detect, encoded(astronaut), caller=service("match", "detect"), **WHY)
    await call(detect, encoded(astronaut), **WHY)
    assert (await bus.js.stream_info("AUDIT")).state.messages == 1
    event = events_pb2.AuditEvent.FromString((await bus.js.get_msg("AUDIT", 1)).data)
    subject, key = secrets_folder().first_admin()
    assert (event.action, event.service, event.outcome) == ("detect.faces", "detect", "ok")
    assert (event.principal, event.credential_id) == (subject.id, key.key.id)
    assert (event.purpose, event.case_reference) == tuple(WHY.values())


async def test_it_answers_while_models_run_and_finishes_them_on_sigterm(detect_process, astronaut):
    """During a long call a short one is answered; SIGTERM lets the long one finish, then the exit code is 0."""
    detect = detect_process(drain_seconds=100)
    await detect.ready()
    large = cv2.resize(astronaut, (900, 900))
    long = asyncio.create_task(call(detect, *[encoded(large)] * 16, min_face_px=20))
    await asyncio.sleep(0.3)
    assert (await call(detect, encoded(astronaut))).results[0].faces
    await detect.ready()
    assert not long.done()
    ending = asyncio.create_task(asyncio.to_thread(detect.end))
    assert all(result.faces for result in (await long).results)
    assert await ending == 0
    assert "service_stopped" in detect.log.read_text()


async def test_metrics_count_faces(detect, astronaut):
    """The endpoint tells how many faces were found and how long inference took."""
    await call(detect, encoded(astronaut), encoded(np.zeros_like(astronaut)), max_faces=1)
    url = f"http://127.0.0.1:{detect.metrics_port}/metrics"
    with await asyncio.to_thread(urllib.request.urlopen, url) as answer:
        text = answer.read().decode()
    assert "sightline_faces_detected_total 1.0" in text
    assert 'sightline_rpc_calls_total{method="/sightline.v1.DetectService/DetectFaces",outcome="OK"} 1.0' in text


def last_error(service):
    """The reason in the last line that a service printed before it ended with code 1."""
    assert service.wait_ended() == 1
    lines = service.log.read_text().splitlines()
    assert "Traceback" not in service.log.read_text()
    assert [json.loads(line)["level"] for line in lines].count("error") == 1
    return json.loads(lines[-1])["reason"]


def test_a_device_that_is_not_there_ends_it(detect_process):
    """With SIGHTLINE_DEVICE=cuda where the runtime has no CUDA it ends, instead of running on the CPU."""
    assert last_error(detect_process(device="cuda")) == "DEVICE_UNAVAILABLE"


def test_a_wrong_model_file_ends_it(detect_process, starter_pack, tmp_path):
    """A weight file that is not the one of the manifest is never loaded."""
    forged = shutil.copytree(starter_pack, tmp_path / "forged")
    with (forged / "mtcnn_onet.onnx").open("ab") as stream:
        stream.write(b"x")
    assert last_error(detect_process(pack_dir=forged)) == "MODEL_HASH_MISMATCH"


def test_production_wants_a_reason_for_a_demonstration_pack(detect_process):
    """In `strict` the starter pack is refused, unless a setting says why; the log shows it, and the broker is next."""
    assert last_error(detect_process(durability="strict")) == "PACK_FOR_DEMONSTRATION"
    allowed = detect_process(durability="strict", demonstration_reason="a fair")
    assert last_error(allowed).startswith("BROKER_")
    (line,) = (json.loads(line) for line in allowed.log.read_text().splitlines() if '"event": "pack"' in line)
    assert (line["level"], line["fit_for"], line["demonstration_reason"]) == ("warning", "demonstration", "a fair")
    assert len(line["facts"]) > 1
