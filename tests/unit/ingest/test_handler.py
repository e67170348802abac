"""What can be done with cameras, without any."""

import asyncio
from types import SimpleNamespace

import pytest

from sightline.chassis.ending import end
from sightline.chassis.errors import NotFound, ResourceExhausted
from sightline.ingest.camera_record import new_record
from sightline.ingest.handler import SNAPSHOTS_AT_ONCE, CameraDesk
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2


class OneCamera:
    """The record of one camera."""

    def __init__(self, state) -> None:
        self.stored = SimpleNamespace(record=new_record(pb.Camera(name="file", source_url="file:///a.mp4")))
        self.stored.record.status.state = state

    async def get(self, _):
        """See CameraBook."""
        return self.stored

    async def change(self, _, edit):
        """See CameraBook."""
        edit(self.stored.record)
        return self.stored


class Nowhere:
    """A process that reads no camera."""

    def wake(self) -> None:
        """Nothing to look at."""

    def status(self, *_) -> None:
        """There is none."""


@pytest.mark.parametrize("state", [pb.CAMERA_STATE_ENDED, pb.CAMERA_STATE_STOPPED, pb.CAMERA_STATE_FAILED])
async def test_a_camera_that_is_not_watched_anyway_says_that_it_is_suspended(state):
    """It keeps its state, and a start would not lift the suspension: whoever suspends it sees that it is."""
    desk = CameraDesk(OneCamera(state), leases=None, watching=Nowhere(), rules=None, vault=None)
    why = face_pb2.Problem(reason="ON_REQUEST", message="the lamp is broken")
    answered, _ = await desk.suspend("a" * 26, why, None)
    for status in (answered, await desk.status("a" * 26), await desk.stop("a" * 26)):
        assert (status.state, status.suspension) == (state, why)
    resumed = await desk.resume("a" * 26)
    assert (resumed.state, resumed.HasField("suspension")) == (state, False)


class SlowBook:
    """Records of cameras that come when they are let go, and are none then."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def get(self, camera_id):
        """See CameraBook."""
        await self.let_go.wait()
        raise NotFound("CAMERA_NOT_FOUND", camera_id)


async def test_few_look_through_cameras_at_once():
    """Each look takes a decoder: beyond some it is refused at once, and whatever ends makes room."""
    book = SlowBook()
    desk = CameraDesk(book, leases=None, watching=None, rules=None, vault=None)
    looking = [asyncio.create_task(desk.snapshot("a" * 26)) for _ in range(SNAPSHOTS_AT_ONCE)]
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted, match="SNAPSHOTS_BUSY"):
        await desk.snapshot("a" * 26)
    for each in looking[1:]:
        await end(each)
    book.let_go.set()
    with pytest.raises(NotFound):
        await looking[0]
    for _ in range(SNAPSHOTS_AT_ONCE):
        with pytest.raises(NotFound):
            await desk.snapshot("a" * 26)
