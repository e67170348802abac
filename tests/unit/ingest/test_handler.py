"""What can be done with cameras, without any."""

import asyncio

import pytest

from sightline.chassis.ending import end
from sightline.chassis.errors import NotFound, ResourceExhausted
from sightline.ingest.handler import SNAPSHOTS_AT_ONCE, CameraDesk


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
