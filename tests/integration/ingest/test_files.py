"""Ingest as its own process, reading files."""

from __future__ import annotations

import asyncio
import signal

import grpc
import pytest
from secrets_for_tests import service

from sightline.chassis.errors import InvalidInput, NotFound, PermissionDenied
from sightline.chassis.ids import new_id
from sightline.chassis.picture import decode_picture
from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import evidence_service_pb2, face_pb2
from sightline.v1.evidence_service_pb2_grpc import EvidenceServiceStub

OVER = (pb.CAMERA_STATE_ENDED, pb.CAMERA_STATE_FAILED)


def ended(status):
    """Whether the file was read."""
    return status.state in OVER


async def test_a_file_is_read_to_its_end(open_ingest, detect, square_video, face_events):
    """Every sampled frame is detected, each walk is one track, and shots and closings reach the job lane."""
    cameras = await open_ingest(detect.target)
    multi = {"detection_profile": face_pb2.DETECTION_PROFILE_MULTI}
    camera = await cameras.watch(square_video.as_uri(), sample_fps=5, min_face_px=30, watchlist_ids=[new_id()], **multi)
    status = await cameras.until(camera, ended)
    assert status.state == pb.CAMERA_STATE_ENDED, status
    assert (status.frames_sampled, status.frames_detected, status.frames_dropped) == (35, 35, 0)
    assert (status.tracks, status.shots) == (3, 3)
    assert status.faces == 10 + 8 + 7
    assert status.media_duration_seconds == pytest.approx(7.0)
    assert set(detect.calls) == {(30, face_pb2.DETECTION_PROFILE_MULTI, True)}

    events = [event for subject, event in await face_events("job") if subject == f"sightline.faces.job.{camera}"]
    shots = [event for event in events if event.HasField("shot")]
    closings = [event for event in events if event.HasField("closed")]
    assert len(shots) == len(closings) == 3
    assert {event.track_id for event in shots} == {event.track_id for event in closings}
    ways = [(path[0].bounding_box.left, path[-1].bounding_box.left) for path in (each.closed.path for each in closings)]
    assert all(begin < end < 1 for begin, end in ways)
    start = status.start_time.ToNanoseconds()
    media = [(event.shot.event_time.ToNanoseconds() - start) / 1e9 for event in shots]
    assert media == pytest.approx([0.6, 1.0, 4.6], abs=0.11)
    shot = shots[0].shot
    crop = decode_picture(shot.crop)
    assert crop.shape[0] == crop.shape[1] == pytest.approx(1.6 * 48, abs=4)
    assert crop[int(shot.landmarks.nose.y * crop.shape[0]), int(shot.landmarks.nose.x * crop.shape[1])].min() > 200
    assert shot.evidence_address == cameras.service.target
    assert shot.detector_id == "squares"
    assert shot.frame_time.ToNanoseconds() > start


async def test_evidence_comes_from_the_replica_that_saw_it(open_ingest, detect, square_video, face_events):
    """Notify gets the snapshot of a track, which shows its face; of an unknown track there is none."""
    cameras = await open_ingest(detect.target)
    await cameras.until(await cameras.watch(square_video.as_uri(), sample_fps=5), ended)
    track = (await face_events("job"))[1][1].track_id
    async with open_channel(cameras.service.target, service("notify", "ingest")) as channel:
        stub = EvidenceServiceStub(channel)
        answer = await stub.GetEvidence(evidence_service_pb2.GetEvidenceRequest(track_id=track))
        assert decode_picture(answer.snapshot).shape == (240, 320, 3)
        with pytest.raises(NotFound, match="EVIDENCE_GONE"):
            await raised(stub.GetEvidence(evidence_service_pb2.GetEvidenceRequest(track_id=new_id())))


async def test_people_get_no_evidence_from_a_replica(open_ingest, detect):
    """Somebody with every role has to ask notify, which knows whether the alert is theirs."""
    cameras = await open_ingest(detect.target)
    request = evidence_service_pb2.GetEvidenceRequest(track_id=new_id())
    with pytest.raises(PermissionDenied, match="ROLE_MISSING"):
        await raised(EvidenceServiceStub(cameras.channel).GetEvidence(request))


async def test_a_file_that_ends_in_garbage_fails_with_what_it_had(open_ingest, detect, square_video):
    """The frames before the damage are looked at; then the camera says what is wrong."""
    cut = square_video.with_name("cut.avi")
    whole = square_video.read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    cameras = await open_ingest(detect.target)
    status = await cameras.until(await cameras.watch(cut.as_uri()), ended)
    assert status.state == pb.CAMERA_STATE_FAILED
    assert status.reason.reason == "VIDEO_UNREADABLE"


async def test_a_file_waits_for_detect(open_ingest, detect_at, square_video, free_port):
    """While detect is away a file goes on waiting; when it comes back nothing was lost."""
    cameras = await open_ingest(f"127.0.0.1:{free_port}")
    camera = await cameras.watch(square_video.as_uri(), sample_fps=5)
    await cameras.until(camera, lambda status: status.frames_sampled > 0)
    await asyncio.sleep(1)
    assert (await cameras.status(camera)).frames_detected == 0
    async with detect_at(free_port):
        status = await cameras.until(camera, ended, 60)
    assert (status.frames_detected, status.frames_dropped, status.tracks) == (35, 0, 3)


async def test_another_replica_takes_over(open_ingest, detect, square_video, face_events):
    """When the replica that reads is killed the other reads again: higher epoch, same tracks at the same times."""
    detect.delay = 0.5
    first = await open_ingest(detect.target, frames_in_flight=1)
    second = await open_ingest(detect.target)
    camera = await first.watch(square_video.as_uri(), sample_fps=5)
    await first.until(camera, lambda status: status.shots > 0)
    replicas = {"first": first, "second": second}
    holder = (await face_events("job"))[0][1].shot.evidence_address
    killed = "first" if holder == first.service.target else "second"
    replicas[killed].service.end(signal.SIGKILL)
    detect.delay = 0
    left = replicas[{"first": "second", "second": "first"}[killed]]
    status = await left.until(camera, ended, 60)
    assert (status.state, status.tracks) == (pb.CAMERA_STATE_ENDED, 3)
    shots = [event for _, event in await face_events("job") if event.HasField("shot")]
    before = [event for event in shots if event.shot.evidence_address == holder]
    after = [event for event in shots if event.shot.evidence_address == left.service.target]
    assert len(before) + len(after) == len(shots)
    assert min(event.epoch for event in after) > max(event.epoch for event in before)
    times = {event.shot.shot_id: event.shot.event_time.ToNanoseconds() for event in after}
    for event in before:
        assert times[event.shot.shot_id] == event.shot.event_time.ToNanoseconds()


async def test_what_may_not_be_read_is_refused(open_ingest, detect, tmp_path):
    """A camera outside the folders and networks is not even added."""
    cameras = await open_ingest(detect.target)
    for url in ((tmp_path / "x.mp4").as_uri(), "rtsp://u:hunter2@10.0.0.1/", "concat:/etc/passwd"):
        camera = pb.Camera(name="c", source_url=url)
        with pytest.raises(InvalidInput, match="SOURCE_") as refusal:
            await raised(cameras.stub.CreateCamera(pb.CreateCameraRequest(camera=camera)))
        assert "hunter2" not in str(refusal.value)


async def test_cameras_are_listed_in_pages_and_deleted(open_ingest, detect, square_video):
    """Pages come by id; a deleted camera is not found."""
    cameras = await open_ingest(detect.target)
    made = set()
    for _ in range(3):
        request = pb.CreateCameraRequest(camera=pb.Camera(name="same", source_url=square_video.as_uri()))
        made.add((await cameras.stub.CreateCamera(request)).camera.id)
    page = await cameras.stub.ListCameras(pb.ListCamerasRequest(page_size=2))
    rest = await cameras.stub.ListCameras(pb.ListCamerasRequest(page_size=2, page_token=page.next_page_token))
    assert [camera.id for camera in (*page.cameras, *rest.cameras)] == sorted(made)
    assert not rest.next_page_token
    gone = made.pop()
    await cameras.stub.DeleteCamera(pb.DeleteCameraRequest(camera_id=gone))
    with pytest.raises(NotFound, match="CAMERA_NOT_FOUND"):
        await raised(cameras.stub.GetCamera(pb.GetCameraRequest(camera_id=gone)))


async def raised(call):
    """The answer, or our own error."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, "ingest") from error
