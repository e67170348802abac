"""What an ingest process does when the record of a camera changes, and what it says of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from lease_book import LeaseBook
from nats.errors import Error as NatsError
from passers_by import passers_by

from sightline.chassis.broker_objects import Topology
from sightline.chassis.bus import answering
from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.provision import provision, watch
from sightline.chassis.topology import LEASES, TOPOLOGY
from sightline.ingest.cameras import open_cameras
from sightline.v1 import camera_service_pb2 as pb

ITS_LEASES = Topology((), (), tuple(bucket for bucket in TOPOLOGY.buckets if bucket.name == LEASES))
NEVER_TODAY = [(time.gmtime().tm_wday + 3) % 7 + 1]
"""The day of the week in three days."""


def edit_rate(record):
    """A change of how the camera is read."""
    record.camera.sample_fps = 4


def edit_name(record):
    """A change for people alone."""
    record.camera.name = "another"


def close_hours(record):
    """Hours that are not now."""
    record.camera.schedule.hours.add(days=NEVER_TODAY, start_minute=0, end_minute=60)


def open_hours(record):
    """No hours: always."""
    record.camera.ClearField("schedule")


def states(changes):
    """The states in their order."""
    return [pb.CameraState.Name(event.state).removeprefix("CAMERA_STATE_").lower() for _, event in changes]


async def test_a_change_of_one_camera_acts_soon_and_touches_no_other(open_ingest, detect, bus, until):
    """A new rate, closed hours, opened hours and a stop each act within 2 s; the other camera's connection stays.

    Decoders are processes: on a busy machine it may be half a minute until the next one reads.
    """
    book, leases = await open_cameras(bus), LeaseBook(bus)
    async with passers_by() as street:
        cameras = await open_ingest(detect.target)
        one, other = [
            await cameras.watch(street.url(name), sample_fps=3, motion_gate=pb.MOTION_GATE_OFF)
            for name in ("one", "other")
        ]
        for camera in (one, other):
            await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_RUNNING)

        async def changed(edit, condition):
            await book.change(one, edit)
            await until(condition)

        async def read_anew():
            return street.connections["one"] == 2 and (await leases.record(one)).epoch == 2

        async def suspended():
            record = await leases.record(one)
            return record.status.state == pb.CAMERA_STATE_SUSPENDED and await leases.lease(one) is None

        async def read_again():
            return street.connections["one"] == 3

        await book.change(one, edit_name)
        await asyncio.sleep(0.5)
        assert street.connections["one"] == 1
        await changed(edit_rate, read_anew)
        await changed(close_hours, suspended)
        status = await cameras.status(one)
        assert (status.state, status.reason.reason) == (pb.CAMERA_STATE_SUSPENDED, "OUT_OF_HOURS")
        await changed(open_hours, read_again)
        await cameras.stub.StopCamera(pb.StopCameraRequest(camera_id=one))
        await until(lambda: _is_free(leases, one))
        assert street.connections["other"] == 1
        assert (await leases.record(other)).epoch == 1
        assert street.open["other"] == 1


async def test_every_change_of_state_is_announced_once(open_ingest, detect, bus, until, free_port):
    """In order, numbered without a gap, with the reason, on the topic of the state; nothing is left in the record."""
    leases = LeaseBook(bus)
    cameras = await open_ingest(detect.target)
    camera = await cameras.watch(f"http://127.0.0.1:{free_port}/v")
    await until(lambda: _is_in(leases, camera, pb.CAMERA_STATE_RECONNECTING))
    await cameras.stub.StopCamera(pb.StopCameraRequest(camera_id=camera))

    async def all_sent():
        record = await leases.record(camera)
        return record.status.state == pb.CAMERA_STATE_STOPPED and not record.unsent

    await until(all_sent)
    changes = await leases.changes(camera)
    assert states(changes) == ["stopped", "starting", "reconnecting", "stopped"]
    assert [subject.split(".")[3] for subject, _ in changes] == states(changes)
    assert [event.change for _, event in changes] == [1, 2, 3, 4]
    assert [event.previous_state for _, event in changes][1:] == [event.state for _, event in changes][:-1]
    assert changes[2][1].reason.reason == "CAMERA_UNREACHABLE"
    assert all(event.name == "c" and event.camera_id == camera for _, event in changes)
    await cameras.stub.DeleteCamera(pb.DeleteCameraRequest(camera_id=camera))

    async def said_deleted():
        return states(await leases.changes(camera))[4:] == ["deleted"]

    await until(said_deleted)


async def test_a_broker_that_dies_does_not_interrupt_a_camera(open_ingest, detect, bus, nats_server, until):
    """Killed and started again it has no leases; the holder takes its own back, and reads on in the same connection."""
    leases = LeaseBook(bus)
    async with passers_by() as street:
        cameras = await open_ingest(detect.target)
        camera = await cameras.watch(street.url("one"), sample_fps=3, motion_gate=pb.MOTION_GATE_OFF)
        before = await cameras.until(camera, lambda status: status.shots > 0)
        nats_server.kill()
        nats_server.start()
        await until(lambda: _answers(bus))
        await provision(bus, ITS_LEASES)  # first, for the holder has only so long until it lets go
        provisioning = asyncio.create_task(watch(bus, TOPOLOGY))
        await until(lambda: _is_leased(leases, camera))
        await cameras.until(camera, lambda status: status.shots > before.shots + 1)
        provisioning.cancel()
        assert (await leases.lease(camera)).epoch == (await leases.record(camera)).epoch == 1
        assert street.connections["one"] == 1


async def _is_free(leases, camera) -> bool:
    return await leases.lease(camera) is None


async def _is_in(leases, camera, state) -> bool:
    return (await leases.record(camera)).status.state == state


async def _answers(bus) -> bool:
    with suppress(Unavailable), answering():
        await bus.client.flush(timeout=1)
        return bus.client.is_connected
    return False


async def _is_leased(leases, camera) -> bool:
    with suppress(NatsError, FailedPrecondition, Unavailable):  # until the bucket is there again
        return await leases.lease(camera) is not None
    return False
