"""Detect's process, sent what is made to end it."""

import os
import signal
from pathlib import Path

import grpc
import pytest
from secrets_for_tests import tester

from sightline.chassis.rpc import open_channel
from sightline.v1 import detect_service_pb2 as pb
from sightline.v1 import face_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub

REASONS = {"IMAGE_FORMAT", "IMAGE_UNREADABLE", "IMAGE_TOO_LARGE"}


def decoders_of(pid):
    """The decoder processes of a service."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("NOT TESTED: this kernel does not tell who a process' children are")
    return [int(child) for child in children.read_text().split()]


async def test_hostile_pictures_end_nothing(service_process, starter_pack, bus, nats_server, shared_media):
    """Broken files have their reason each, beside a good one; all decoders killed, the next pictures are looked at."""
    detect = service_process("detect", pack_dir=starter_pack, nats_url=nats_server.url, decoders=2)
    await detect.ready()
    good = face_pb2.Image(encoded=(shared_media / "formats" / "exif_orientation_6.jpg").read_bytes())
    broken = [path.read_bytes() for path in sorted((shared_media / "broken").iterdir())]
    hostile = [face_pb2.Image(encoded=data) for data in broken if data]
    async with open_channel(detect.target, tester()) as channel:
        stub = DetectServiceStub(channel)

        async def look(*images):
            return (await stub.DetectFaces(pb.DetectFacesRequest(images=images), timeout=60)).results

        results = await look(*hostile, good)
        assert {result.error.reason for result in results} == REASONS | {""}
        assert (results[-1].width, results[-1].height) == (560, 415)
        before = decoders_of(detect.process.pid)
        assert len(before) == 2
        for decoder in before:
            os.kill(decoder, signal.SIGKILL)
        # A look finds one or both of them dead, as the pictures come to them.
        for _ in before:
            assert {result.error.reason for result in await look(good, good)} <= {"", "DECODER_DIED"}
        assert [result.error.reason for result in await look(good, good)] == ["", ""]
        assert not set(before) & set(decoders_of(detect.process.pid))
        with pytest.raises(grpc.aio.AioRpcError) as empty:
            await look(face_pb2.Image(encoded=b""))
    assert empty.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Traceback" not in detect.log.read_text()
