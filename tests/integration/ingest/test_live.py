"""Ingest as its own process, watching cameras."""

from __future__ import annotations

import asyncio

from squares import square_camera

from sightline.v1 import camera_service_pb2 as pb


async def test_a_camera_sheds_frames_and_stops(open_ingest, detect, face_events):
    """Where detect is slower than the camera frames are dropped and counted, and events are of now; stopping works."""
    detect.delay = 0.6
    async with square_camera() as port:
        cameras = await open_ingest(detect.target, frames_in_flight=1)
        camera = await cameras.watch(f"http://127.0.0.1:{port}/v", sample_fps=10, motion_gate=pb.MOTION_GATE_OFF)
        status = await cameras.until(camera, lambda status: status.frames_dropped > 5 and status.shots)
        assert status.state == pb.CAMERA_STATE_RUNNING
        assert status.tracks
        stopped = (await cameras.stub.StopCamera(pb.StopCameraRequest(camera_id=camera))).status
        assert stopped.state == pb.CAMERA_STATE_STOPPED
        assert stopped.frames_sampled >= status.frames_sampled
    event = (await face_events("live"))[0][1]
    assert abs(event.shot.event_time.ToNanoseconds() - event.shot.frame_time.ToNanoseconds()) < 1e9
    await detect.quiet()


async def test_a_camera_that_comes_back_is_watched_again(open_ingest, detect, free_port):
    """Unreachable: it says why, without the password, and tries again until the camera is there."""
    cameras = await open_ingest(detect.target)
    camera = await cameras.watch(f"http://127.0.0.1:{free_port}/v", sample_fps=5)
    status = await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_RECONNECTING)
    assert status.reason.reason == "CAMERA_UNREACHABLE"
    shown = (await cameras.stub.GetCamera(pb.GetCameraRequest(camera_id=camera))).camera
    assert "hunter2" not in f"{status} {shown}"
    async with square_camera(free_port):
        status = await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_RUNNING)
    assert status.decoder_restarts >= 1
    again = await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_RECONNECTING)
    assert again.tracks >= 1
    async with square_camera(free_port):
        await cameras.until(camera, lambda status: status.frames_sampled > again.frames_sampled + 1)


async def test_it_ends_in_order(open_ingest, detect):
    """SIGTERM while a camera is watched: exit code 0, and no decoder is left behind."""
    async with square_camera() as port:
        cameras = await open_ingest(detect.target)
        camera = await cameras.watch(f"http://127.0.0.1:{port}/v")
        await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_RUNNING)
        assert await asyncio.to_thread(cameras.service.end) == 0
    assert "hunter2" not in cameras.service.log.read_text()


async def test_a_camera_before_which_nothing_moves_is_hardly_searched(open_ingest, detect):
    """By default still frames are passed over and counted, and the square that stands there stays one appearance."""
    async with square_camera() as port:
        cameras = await open_ingest(detect.target)
        camera = await cameras.watch(f"http://127.0.0.1:{port}/v", sample_fps=5)
        status, tracks = await cameras.until(camera, lambda status: status.frames_detected > 0), 0
        while status.tracks != tracks:  # a machine that stands still for a moment ends an appearance
            tracks, found = status.tracks, status.frames_detected + 3
            status = await cameras.until(camera, lambda status, found=found: status.frames_detected >= found)
    assert status.frames_still > status.frames_detected
    assert status.frames_sampled >= status.frames_still + status.frames_detected
    assert status.frames_read > status.frames_sampled
    assert 0 < status.measured_fps < 7
    assert (status.width, status.height) == (320, 240)
    assert 0 < status.latency_p50_seconds <= status.latency_p95_seconds < 60


async def test_a_camera_that_detect_cannot_follow_is_sampled_less_often(open_ingest, detect):
    """While frames are dropped its rate falls, and the status says to what."""
    detect.delay = 1.0
    async with square_camera() as port:
        cameras = await open_ingest(detect.target, frames_in_flight=1)
        how = {"sample_fps": 10, "motion_gate": pb.MOTION_GATE_OFF}
        camera = await cameras.watch(f"http://127.0.0.1:{port}/v", **how)
        status = await cameras.until(camera, lambda status: 0 < status.lowered_fps < 6)
    assert status.frames_dropped > 0
