"""Cameras that are suspended by a call, read by real processes."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from lease_book import LeaseBook
from passers_by import passers_by
from secrets_for_tests import service

from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import events_pb2
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub

SUSPENDED, RUNNING = pb.CAMERA_STATE_SUSPENDED, pb.CAMERA_STATE_RUNNING


def storm(camera_id, **fields):
    return pb.SuspendCameraRequest(
        camera_id=camera_id, reason=pb.SUSPENSION_REASON_ALERT_STORM, message="31 alerts in 60 s", **fields
    )


async def test_every_replica_obeys_a_suspension_until_somebody_resumes(open_ingest, detect, bus, until, stored_audit):
    """One replica is told, by notify; whoever reads lets go, nobody takes it, and all of it is said on EVENTS."""
    leases = LeaseBook(bus)
    async with passers_by() as street:
        cameras, other = [await open_ingest(detect.target) for _ in range(2)]
        door, yard = [
            await cameras.watch(street.url(name), sample_fps=3, motion_gate=pb.MOTION_GATE_OFF)
            for name in ("door", "yard")
        ]
        for camera in (door, yard):
            await cameras.until(camera, lambda status: status.state == RUNNING)
        async with open_channel(other.service.target, service("notify", "ingest")) as channel:
            answer = await CameraServiceStub(channel).SuspendCamera(storm(door))
        assert (answer.status.state, answer.status.reason.reason) == (SUSPENDED, "ALERT_STORM")
        assert not answer.HasField("resume_time")

        async def let_go():
            return await leases.lease(door) is None and street.open["door"] == 0

        await until(let_go)
        await other.stub.StopCamera(pb.StopCameraRequest(camera_id=door))
        started = (await cameras.stub.StartCamera(pb.StartCameraRequest(camera_id=door))).status
        assert (started.state, started.reason.message) == (SUSPENDED, "31 alerts in 60 s")
        await asyncio.sleep(2)
        assert street.open == {"door": 0, "yard": 1}
        assert [(await each.status(door)).state for each in (cameras, other)] == [SUSPENDED] * 2
        await cameras.stub.ResumeCamera(pb.ResumeCameraRequest(camera_id=door, purpose="the lamp was replaced"))
        await cameras.until(door, lambda status: status.state == RUNNING)
        answer = await cameras.stub.SuspendCamera(storm(door, since={"seconds": 1}))
        assert answer.status.state == RUNNING
        assert answer.resume_time.seconds > 1
        assert street.connections["yard"] == 1

        async def all_said():
            return not (await leases.record(door)).unsent

        await until(all_said)
        said = [event for _, event in await leases.changes(door)]
    reasons = [event.reason.reason for event in said if event.state == SUSPENDED]
    assert reasons == ["ALERT_STORM"] * 2
    trail = {event.action: event for event in await stored_audit()}
    assert trail["cameras.resume"].purpose == "the lamp was replaced"
    suspended = [event for event in await stored_audit() if event.action == "cameras.suspend"]
    assert (suspended[0].principal, suspended[0].outcome) == ("service:notify", "ok")
    assert suspended[0].detail == "ALERT_STORM: 31 alerts in 60 s"


async def test_what_cannot_be_suspended_is_refused(open_ingest, detect):
    """A camera that is not there, a job for example; no reason; no sentence."""
    cameras = await open_ingest(detect.target)
    refused = {
        "CAMERA_NOT_FOUND": storm("a" * 26),
        "REQUEST_INVALID": pb.SuspendCameraRequest(camera_id="a" * 26, message="why"),
    }
    for reason, request in refused.items():
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await cameras.stub.SuspendCamera(request)
        assert from_rpc_error(refusal.value, "ingest").reason == reason


@pytest.fixture
def stored_audit(bus):
    """A function that gives the trail."""

    async def read():
        last = (await bus.js.stream_info("AUDIT")).state.last_seq
        return [events_pb2.AuditEvent.FromString((await bus.js.get_msg("AUDIT", n)).data) for n in range(1, last + 1)]

    return read
