"""Ingest as its own process, watching a real RTSP camera."""

from __future__ import annotations

import asyncio

import pytest
from certificates import self_signed
from rtsp import run_rtsp_camera, write_clip

from sightline.v1 import camera_service_pb2 as pb


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory):
    """Seven seconds of squares, 320 x 240."""
    return write_clip(tmp_path_factory.mktemp("clips") / "small.h264", 320, 240)


@pytest.fixture(scope="session")
def large_clip(tmp_path_factory):
    """The same, 640 x 480."""
    return write_clip(tmp_path_factory.mktemp("clips") / "large.h264", 640, 480)


@pytest.fixture
def camera(small_clip):
    """A running camera that lets everybody watch."""
    with run_rtsp_camera(small_clip) as running:
        yield running


def runs(status):
    """Whether frames come."""
    return status.state == pb.CAMERA_STATE_RUNNING


async def test_rtsp_is_read_over_tcp_and_udp(open_ingest, detect, camera, large_clip):
    """By both ways the walks are seen; when the pictures change their size, reading goes on without a restart."""
    cameras = await open_ingest(detect.target)
    ways = (pb.RTSP_TRANSPORT_TCP, pb.RTSP_TRANSPORT_UDP)
    watched = [await cameras.watch(camera.url, sample_fps=5, rtsp_transport=way) for way in ways]
    for each in watched:
        await cameras.until(each, lambda status: status.tracks > 0)
    camera.play(large_clip)
    before = [(await cameras.status(each)).frames_sampled for each in watched]
    for each, seen in zip(watched, before, strict=True):
        status = await cameras.until(each, lambda status, seen=seen: status.frames_sampled > seen + 10)
        assert status.decoder_restarts == 0


async def test_a_camera_lets_in_who_has_its_password(open_ingest, detect, small_clip):
    """The right password brings frames, a wrong one a reason of its own; neither is to be found in the log."""
    with run_rtsp_camera(small_clip, login="admin:s3cr3t-1") as camera:
        cameras = await open_ingest(detect.target)
        right = await cameras.watch(camera.url, login="admin:s3cr3t-1")
        wrong = await cameras.watch(camera.url, login="admin:s3cr3t-2")
        await cameras.until(right, runs)
        status = await cameras.until(wrong, lambda status: status.state == pb.CAMERA_STATE_RECONNECTING)
        assert status.reason.reason == "CAMERA_REFUSED"
        assert "s3cr3t" not in str(status)
        camera.kill()
        camera.login = "admin:s3cr3t-2"
        await asyncio.to_thread(camera.start)
        await cameras.until(wrong, runs)
        await cameras.until(right, lambda status: status.reason.reason == "CAMERA_REFUSED")
    assert "s3cr3t" not in cameras.service.log.read_text()


async def test_a_camera_that_shows_its_certificate_is_recognised_by_it(open_ingest, detect, small_clip, tmp_path):
    """By rtsps frames come where its certificate was given, or is not checked; otherwise it is refused."""
    identity = self_signed(tmp_path / "camera", "camera-4711")
    with run_rtsp_camera(small_clip, login="admin:s3cr3t-1", identity=identity) as camera:
        cameras = await open_ingest(detect.target)
        given = ({"certificate": identity.certificate}, {"unverified_tls": True})
        for settings in given:
            watched = await cameras.watch(camera.url, login="admin:s3cr3t-1", sample_fps=5, **settings)
            await cameras.until(watched, lambda status: status.tracks > 0)
        stranger = await cameras.watch(camera.url, login="admin:s3cr3t-1")
        status = await cameras.until(stranger, lambda status: status.state == pb.CAMERA_STATE_RECONNECTING)
        assert status.reason.reason == "CAMERA_CERTIFICATE"
