"""Lists of cameras, over records on a real broker."""

from __future__ import annotations

import pytest

from sightline.chassis.identity.rights import EVERYTHING, NOTHING, Reach, Selection
from sightline.chassis.ids import new_id
from sightline.chassis.principal import Principal, enter
from sightline.chassis.topology import CAMERAS
from sightline.ingest.cameras import CameraBook
from sightline.ingest.handler import CameraDesk
from sightline.ingest.servicer import CameraServicer
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2


@pytest.fixture
async def cameras(bus):
    """The ids of five cameras, in order."""
    book, ids = CameraBook(await bus.bucket(CAMERAS)), sorted(new_id() for _ in range(5))
    for camera in ids:
        await book.add(records_pb2.CameraRecord(camera=pb.Camera(id=camera)))
    return ids


@pytest.fixture
async def listed(bus, cameras):
    """A function that gives every page of somebody's list, two cameras on each: their ids."""
    desk = CameraDesk(CameraBook(await bus.bucket(CAMERAS)), leases=None, watching=None, rules=None, vault=None)
    servicer = CameraServicer(desk, auditor=None)

    async def pages(chosen):
        enter(Principal("somebody"), Reach(cameras=chosen))
        found, token = [], None
        while token != "":
            page = await servicer.ListCameras(pb.ListCamerasRequest(page_size=2, page_token=token or ""), None)
            found.append([camera.id for camera in page.cameras])
            token = page.next_page_token
        return found

    return pages


async def test_a_list_has_what_the_caller_may_see_in_full_pages(cameras, listed):
    """Cameras of others are not there: neither as entries nor as gaps, nor as a page to come."""
    first, foreign, second, third, last = cameras
    assert await listed(Selection.of([third, first, second, new_id()])) == [[first, second], [third]]
    assert await listed(Selection.of([first, second])) == [[first, second]]
    assert await listed(EVERYTHING) == [[first, foreign], [second, third], [last]]


async def test_without_a_grant_a_list_is_empty(listed):
    """Whoever was granted no camera gets no error and no camera."""
    assert await listed(NOTHING) == [[]]
