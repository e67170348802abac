"""Lists of cameras, over records on a real broker."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from types import SimpleNamespace

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import AlreadyExists, PermissionDenied
from sightline.chassis.identity.rights import EVERYTHING, NOTHING, Reach, Selection
from sightline.chassis.ids import new_id
from sightline.chassis.principal import Principal, enter
from sightline.ingest.cameras import open_cameras
from sightline.ingest.handler import CameraDesk
from sightline.ingest.servicer import CameraServicer
from sightline.ingest.source import SourceRules
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2


@pytest.fixture
async def cameras(bus):
    """The ids of five cameras, in order."""
    book, ids = await open_cameras(bus), sorted(new_id() for _ in range(5))
    for camera in ids:
        await book.add(records_pb2.CameraRecord(camera=pb.Camera(id=camera)))
    return ids


@pytest.fixture
async def listed(bus, cameras):
    """A function that gives every page of somebody's list, two cameras on each: their ids."""
    desk = CameraDesk(await open_cameras(bus), leases=None, watching=None, rules=None, vault=None)
    servicer = CameraServicer(desk, auditor=None)

    async def pages(chosen):
        enter(Principal("somebody"), Reach.of(cameras=chosen))
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


class NothingWatched:
    """A process that reads no camera."""

    def wake(self):
        """See Watching."""


async def test_all_watchlists_take_a_grant_on_all(bus, cameras):
    """Who sees some watchlists may have a camera match them, not all; nor may who sees all at another camera alone."""
    desk = CameraDesk(await open_cameras(bus), None, watching=NothingWatched(), rules=None, vault=None)
    servicer, mine = CameraServicer(desk, Auditor(bus, "ingest")), new_id()

    async def update(path, **values):
        changes, mask = pb.Camera(**values), FieldMask(paths=["name", path])
        request = pb.UpdateCameraRequest(camera_id=cameras[0], changes=changes, update_mask=mask)
        return (await servicer.UpdateCamera(request, None)).camera

    enter(Principal("somebody"), Reach.of(Selection.of([mine]), EVERYTHING))
    known = {"name": "door", "source_url": "rtsp://10.0.0.1/a"}
    await (await open_cameras(bus)).change(cameras[0], lambda record: record.camera.MergeFrom(pb.Camera(**known)))
    assert (await update("location", name="gate", location="yard")).location == "yard"
    assert (await update("watchlist_ids", name="gate", watchlist_ids=[mine])).watchlist_ids == [mine]
    with pytest.raises(PermissionDenied, match="GRANT_TOO_NARROW"):
        await update("watchlist_ids", name="gate")
    elsewhere = Reach.of(EVERYTHING, Selection.of([cameras[1]]))
    enter(Principal("somebody"), Reach.of(Selection.of([mine]), Selection.of([cameras[0]])) | elsewhere)
    with pytest.raises(PermissionDenied, match="GRANT_TOO_NARROW"):
        await update("watchlist_ids", name="gate")
    enter(Principal("somebody"), Reach.of(EVERYTHING, EVERYTHING))
    assert (await update("watchlist_ids", name="gate")).watchlist_ids == []


async def nothing(_):
    """What becomes of the key of a camera without credentials."""


async def test_a_request_id_has_one_camera(bus):
    """Of its caller, also said twice at once; with other settings it is refused, and so once the camera is deleted."""
    rules = SourceRules(camera_networks=(ip_network("127.0.0.0/8"),))
    desk = CameraDesk(await open_cameras(bus), None, NothingWatched(), rules, SimpleNamespace(forget=nothing))
    servicer = CameraServicer(desk, Auditor(bus, "ingest"))

    async def create(name, subject="eve"):
        enter(Principal(subject), Reach())
        camera = pb.Camera(name=name, source_url="http://127.0.0.1:9/a")
        return (await servicer.CreateCamera(pb.CreateCameraRequest(camera=camera, request_id="r-1"), None)).camera

    first, second = await asyncio.gather(create("door"), create("door"))
    assert first == second == await create("door")
    with pytest.raises(AlreadyExists, match="REQUEST_ID_USED"):
        await create("gate")
    assert (await create("gate", "ben")).id != first.id
    await desk.delete(first.id)
    with pytest.raises(AlreadyExists, match="REQUEST_ID_USED"):
        await create("door")


async def test_a_deleted_camera_is_forgotten_by_all_who_sent_its_changes(bus):
    """Several may: who comes late finds nothing to forget, and that is no trouble of the broker's."""
    book, camera_id = await open_cameras(bus), new_id()
    await book.add(records_pb2.CameraRecord(camera=pb.Camera(id=camera_id)))
    await book.delete(camera_id)
    said = await asyncio.gather(*(book.forget_changes(camera_id, 99) for _ in range(8)), return_exceptions=True)
    assert {getattr(each, "reason", "forgotten") for each in said} <= {"forgotten", "CAMERA_NOT_FOUND"}
    assert [each.id for each in await book.all() if each.id == camera_id] == []
