"""Embed as its own process: over gRPC, and from NATS to NATS."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import urllib.request

import cv2
import grpc
import numpy as np
import pytest
from secrets_for_tests import secrets_folder, service, tester

from sightline.chassis import topology
from sightline.chassis.errors import InvalidInput, Unauthenticated
from sightline.chassis.ids import new_id
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import encode_jpeg
from sightline.chassis.rpc import BearerText, from_rpc_error, open_channel
from sightline.chassis.topology import Lane
from sightline.v1 import embed_service_pb2 as pb
from sightline.v1 import embed_service_pb2_grpc, events_pb2, face_pb2

WHY = {"purpose": "test", "case_reference": "case-7"}
# The astronaut's face in a square of 180 px around it, and her landmarks in ratios of that square.
_SQUARE = (slice(40, 220), slice(135, 315))
_LANDMARKS = ((0.36, 0.38), (0.60, 0.36), (0.49, 0.53), (0.40, 0.68), (0.61, 0.66))


@pytest.fixture(scope="module")
def crop():
    """JPEG of a face."""
    from skimage import data  # noqa: PLC0415 - slow to import

    return encode_jpeg(data.astronaut()[_SQUARE], 92)


@pytest.fixture
async def embed(service_process, starter_pack, bus, nats_server):
    """An embed that is ready, on a broker that knows the tester."""
    running = service_process("embed", pack_dir=starter_pack, nats_url=nats_server.url)
    await running.ready()
    return running


def landmarks(points=_LANDMARKS):
    """Landmarks as events carry them."""
    names = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
    return face_pb2.Landmarks(**{name: face_pb2.Point(x=x, y=y) for name, (x, y) in zip(names, points, strict=True)})


def face_crop(picture, points=_LANDMARKS):
    """A crop as requests carry it."""
    return pb.FaceCrop(image=face_pb2.Image(encoded=picture), landmarks=landmarks(points))


async def call(running, *crops, caller=None, **why):
    """Calls EmbedFaces, as the tester where nobody else is named, and raises our own errors."""
    async with open_channel(running.target, caller or tester()) as channel:
        try:
            request = pb.EmbedFacesRequest(crops=crops, **why)
            return await embed_service_pb2_grpc.EmbedServiceStub(channel).EmbedFaces(request, timeout=60)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "embed") from error


def shot(source, crop, track="track", shot_id=None):
    """A face event with a shot."""
    content = events_pb2.FaceShot(shot_id=shot_id or new_id(), crop=crop, landmarks=landmarks())
    return events_pb2.FaceEvent(source=source, epoch=7, track_id=track, watchlist_ids=["w"], shot=content)


def closed(source, track="track"):
    """A face event that ends a track."""
    return events_pb2.FaceEvent(source=source, track_id=track, closed=events_pb2.TrackClosed(detections=3, shots=2))


async def send(bus, lane, *events):
    """Publishes face events as ingest does."""
    for event in events:
        await bus.publish(topology.faces(lane, event.source), event, dedup_id=new_id())


async def stored(bus, stream, kind):
    """What a stream holds, in order."""
    state = (await bus.js.stream_info(stream)).state
    messages = [await bus.js.get_msg(stream, n) for n in range(1, state.last_seq + 1)]
    return [kind.FromString(message.data or b"") for message in messages]


async def wait_for(bus, stream, count, seconds=60.0):
    """Returns once a stream holds so many messages."""
    async with asyncio.timeout(seconds):
        while (await bus.js.stream_info(stream)).state.messages < count:
            await asyncio.sleep(0.02)


async def test_crops_become_unit_vectors(embed, crop, starter_pack):
    """The same face, smaller and darker, is within the pack's threshold; every vector has length 1."""
    pack = load_pack(starter_pack)
    pixels = cv2.imdecode(np.frombuffer(crop, np.uint8), cv2.IMREAD_COLOR_RGB)
    other = encode_jpeg((cv2.resize(pixels, (120, 120)) * 0.7).astype(np.uint8), 80)
    answer = await call(embed, face_crop(crop), face_crop(other))
    one, again = (np.array(result.vector) for result in answer.results)
    assert answer.embedder_id == pack.embedder_id
    assert answer.embedder_sha256 == pack.embedder.file("model").source_sha256
    assert one.shape == (pack.embedder.dimension,)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert one @ again > pack.embedder.threshold


async def test_beside_another_one_it_takes_no_faces(service_process, starter_pack, bus, nats_server, crop):
    """Told to answer calls alone it does, and leaves what cameras saw to the embedder in use."""
    settings = {"pack_dir": starter_pack, "nats_url": nats_server.url, "embed_role": "calls"}
    beside = service_process("embed", **settings)
    await beside.ready()
    await send(bus, Lane.LIVE, shot(new_id(), crop))
    assert (await call(beside, face_crop(crop))).results[0].vector
    await asyncio.sleep(1)
    assert (await bus.js.stream_info("FACES_LIVE")).state.messages == 1


async def test_a_template_can_be_made_again_of_its_reference(embed):
    """What is kept of a picture on request gives nearly the template of the picture; unasked, nothing is cut out."""
    from skimage import data  # noqa: PLC0415 - slow to import

    height, width = data.astronaut().shape[:2]
    points = [((135 + 180 * x) / width, (40 + 180 * y) / height) for x, y in _LANDMARKS]
    whole = face_crop(encode_jpeg(data.astronaut(), 95), points)
    async with open_channel(embed.target, tester()) as channel:
        stub = embed_service_pb2_grpc.EmbedServiceStub(channel)
        answer = await stub.EmbedFaces(pb.EmbedFacesRequest(crops=[whole], with_references=True), timeout=60)
    (first,) = answer.results
    assert len(first.reference.image.encoded) < len(whole.image.encoded) / 2
    (again,) = (await call(embed, first.reference)).results
    assert np.dot(first.vector, again.vector) > 0.98
    assert not again.HasField("reference")


async def test_a_bad_crop_fails_alone(embed, crop):
    """Text, a picture that is cut off and landmarks in one point have an error each; their neighbours have vectors."""
    bad = [face_crop(b"text"), face_crop(crop[:900]), face_crop(crop, [(0.5, 0.5)] * 5)]
    answer = await call(embed, face_crop(crop), *bad, face_crop(crop))
    reasons = [result.error.reason for result in answer.results]
    assert reasons == ["", "IMAGE_FORMAT", "IMAGE_UNREADABLE", "LANDMARKS_UNUSABLE", ""]
    assert [len(result.vector) for result in answer.results] == [128, 0, 0, 0, 128]
    assert answer.results[0].vector == pytest.approx(answer.results[4].vector, abs=1e-5)


async def test_invalid_requests_and_unknown_callers_are_refused(embed, crop):
    """No crop, sixty-five and one without landmarks are REQUEST_INVALID; wrong credentials: CREDENTIALS_REFUSED."""
    bare = pb.FaceCrop(image=face_pb2.Image(encoded=crop))
    for crops in ([], [face_crop(crop)] * 65, [bare]):
        with pytest.raises(InvalidInput, match="REQUEST_INVALID"):
            await call(embed, *crops)
    for stranger in (BearerText("wrong"), service("match", "detect")):
        with pytest.raises(Unauthenticated, match="CREDENTIALS_REFUSED"):
            await call(embed, face_crop(crop), caller=stranger)


async def test_people_are_audited_and_services_are_not(embed, bus, crop):
    """A person's call is in the trail, with who and why; a service's is not: its own record says for whom it acts."""
    await call(embed, face_crop(crop), caller=service("match", "embed"), **WHY)
    await call(embed, face_crop(crop), **WHY)
    (event,) = await stored(bus, "AUDIT", events_pb2.AuditEvent)
    subject, key = secrets_folder().first_admin()
    assert (event.action, event.service, event.outcome) == ("embed.faces", "embed", "ok")
    assert (event.principal, event.credential_id) == (subject.id, key.key.id)
    assert (event.purpose, event.case_reference) == tuple(WHY.values())


@pytest.mark.parametrize("lane", Lane)
async def test_events_pass_from_nats_to_nats(embed, bus, crop, lane):
    """Shots leave with a vector and the ends of tracks without, in order, on the lane and source on which they came."""
    source = new_id()
    events = [shot(source, crop), shot(source, crop), closed(source)]
    await send(bus, lane, *events)
    await wait_for(bus, f"EMBEDDINGS_{lane.upper()}", 3)
    embedded = await stored(bus, f"EMBEDDINGS_{lane.upper()}", events_pb2.EmbeddingEvent)
    assert [event.face for event in embedded] == events
    assert [len(event.vector) for event in embedded] == [128, 128, 0]
    assert embedded[0].vector == pytest.approx((await call(embed, face_crop(crop))).results[0].vector, abs=1e-5)
    message = await bus.js.get_msg(f"EMBEDDINGS_{lane.upper()}", 3)
    assert message.subject == topology.embeddings(lane, source)
    assert message.headers["Nats-Msg-Id"] == "track:closed:0:0"
    assert (await bus.js.stream_info(f"FACES_{lane.upper()}")).state.messages == 0


async def test_a_crop_that_cannot_be_read_is_buried_alone(embed, bus, crop):
    """Of a batch, what is no picture and what is no event go to the dead letters; the others are embedded."""
    source = new_id()
    good = [shot(source, crop) for _ in range(3)]
    await send(bus, Lane.JOB, good[0], shot(source, b"text"), events_pb2.FaceEvent(source=source), *good[1:])
    await bus.client.publish(topology.faces(Lane.JOB, source), b"\xff\xff")
    await wait_for(bus, "EMBEDDINGS_JOB", 3)
    await wait_for(bus, "DLQ", 3)
    assert [event.face for event in await stored(bus, "EMBEDDINGS_JOB", events_pb2.EmbeddingEvent)] == good
    letters = await stored(bus, "DLQ", events_pb2.DeadLetter)
    assert sorted(letter.reason for letter in letters) == ["EVENT_MALFORMED", "EVENT_MALFORMED", "IMAGE_FORMAT"]


async def test_nothing_is_lost_when_it_is_killed(embed, bus, crop):
    """Killed (-9) in the middle of 300 shots, then a new start: every shot is embedded, none stays behind."""
    source = new_id()
    events = [shot(source, crop) for _ in range(300)]
    await send(bus, Lane.JOB, *events)
    await wait_for(bus, "EMBEDDINGS_JOB", 20)
    embed.end(signal.SIGKILL)
    assert (await bus.js.stream_info("FACES_JOB")).state.messages > 0
    embed.start()
    await embed.ready()
    async with asyncio.timeout(200):
        while await bus.lag(topology.EMBED_JOB):
            await asyncio.sleep(0.1)
    embedded = await stored(bus, "EMBEDDINGS_JOB", events_pb2.EmbeddingEvent)
    assert {event.face.shot.shot_id for event in embedded} == {event.shot.shot_id for event in events}


async def test_sigterm_finishes_what_is_in_flight(embed, bus, crop):
    """SIGTERM in the middle of a stream: exit code 0, and whatever was embedded is not waiting any more."""
    source = new_id()
    await send(bus, Lane.JOB, *(shot(source, crop) for _ in range(200)))
    await wait_for(bus, "EMBEDDINGS_JOB", 1)
    assert await asyncio.to_thread(embed.end) == 0
    log = embed.log.read_text()
    done = (await bus.js.stream_info("EMBEDDINGS_JOB")).state.messages
    assert (await bus.js.stream_info("FACES_JOB")).state.messages == 200 - done
    assert 0 < done < 200
    assert "service_stopped" in log


async def test_a_worker_of_the_streams_comes_and_goes(service_process, starter_pack, bus, nats_server, crop, tmp_path):
    """It needs the broker's key alone, answers no calls, and ended amid its work leaves the rest: each shot is once."""
    (tmp_path / "secrets").mkdir()
    shutil.copy2(secrets_folder().path / "embed.nk", tmp_path / "secrets")
    settings = {"pack_dir": starter_pack, "nats_url": nats_server.url, "secrets_dir": tmp_path / "secrets"}
    # One thread: its batches are smaller than what it is given, on every machine.
    worker = service_process("embed", embed_role="stream", threads=1, **settings)
    await worker.ready()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", worker.grpc_port)
    url = f"http://127.0.0.1:{worker.metrics_port}/metrics"
    with await asyncio.to_thread(urllib.request.urlopen, url, timeout=60) as answer:
        assert b"sightline_batch_size" in answer.read()
    events = {lane: [shot(new_id(), crop) for _ in range(60)] for lane in Lane}
    for lane, shots in events.items():
        await send(bus, lane, *shots)
    await wait_for(bus, "EMBEDDINGS_LIVE", 1)
    assert await asyncio.to_thread(worker.end) == 0
    assert 0 < (await bus.js.stream_info("EMBEDDINGS_LIVE")).state.messages < 60
    worker.start()
    for lane, shots in events.items():
        await wait_for(bus, f"EMBEDDINGS_{lane.upper()}", 60)
        async with asyncio.timeout(60):
            while (await bus.js.stream_info(f"FACES_{lane.upper()}")).state.messages:
                await asyncio.sleep(0.02)
        embedded = await stored(bus, f"EMBEDDINGS_{lane.upper()}", events_pb2.EmbeddingEvent)
        assert sorted(each.face.shot.shot_id for each in embedded) == sorted(each.shot.shot_id for each in shots)


async def test_it_ends_while_its_reader_is_behind(embed, bus, crop):
    """With the next stream full a job waits; SIGTERM ends the waiting, and the shot stays for the next start."""
    config = (await bus.js.stream_info("EMBEDDINGS_JOB")).config
    config.max_bytes = 1024
    await bus.js.update_stream(config)
    await send(bus, Lane.JOB, shot(new_id(), crop))
    await asyncio.sleep(1.5)
    await embed.ready()
    assert await asyncio.to_thread(embed.end) == 0
    assert (await bus.js.stream_info("FACES_JOB")).state.messages == 1
    assert (await bus.js.stream_info("DLQ")).state.messages == 0


def last_error(service):
    """The reason in the last line that a service printed before it ended with code 1."""
    assert service.wait_ended() == 1
    assert "Traceback" not in service.log.read_text()
    return json.loads(service.log.read_text().splitlines()[-1])["reason"]


def test_it_says_why_it_does_not_start(service_process, starter_pack, tmp_path):
    """A device that is not there, a forged weight file, a pack that is not fit and no broker: one reason each."""
    forged = shutil.copytree(starter_pack, tmp_path / "forged")
    with (forged / "dlib_face_resnet_v1.onnx").open("ab") as stream:
        stream.write(b"x")
    wrong = {
        "DEVICE_UNAVAILABLE": {"pack_dir": starter_pack, "device": "cuda"},
        "MODEL_HASH_MISMATCH": {"pack_dir": forged},
        "PACK_FOR_DEMONSTRATION": {"pack_dir": starter_pack, "durability": "strict"},
        "BROKER_UNREACHABLE": {"pack_dir": starter_pack, "nats_url": "nats://127.0.0.1:9"},
    }
    started = {reason: service_process("embed", **settings) for reason, settings in wrong.items()}
    assert {reason: last_error(service) for reason, service in started.items()} == {reason: reason for reason in wrong}
