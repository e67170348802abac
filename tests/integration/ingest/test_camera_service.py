"""CameraService of a real ingest: changes, credentials, snapshots, and what the audit trail has of them."""

from __future__ import annotations

import cv2
import grpc
import numpy as np
import pytest
from certificates import self_signed
from cryptography.hazmat.primitives.hashes import SHA256
from google.protobuf.field_mask_pb2 import FieldMask
from lease_book import LeaseBook
from squares import square_camera

from sightline.chassis.rpc import from_rpc_error
from sightline.chassis.topology import CAMERA_KEYS, CAMERAS
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import events_pb2

PASSWORD = "hunter2-correct"  # noqa: S105 - opens nothing but a camera of this file
LOGIN = f"ann:{PASSWORD}"


def credentials(password=PASSWORD):
    return pb.CameraCredentials(username="ann", password=password)


def polygon(*corners):
    return pb.Polygon(points=[pb.PolygonPoint(x=x, y=y) for x, y in corners])


async def update(cameras, camera_id, *paths, etag="", login=None, **values):
    """The camera after a change."""
    request = pb.UpdateCameraRequest(
        camera_id=camera_id,
        changes=pb.Camera(**values),
        update_mask=FieldMask(paths=paths),
        etag=etag,
        credentials=login,
    )
    return (await cameras.stub.UpdateCamera(request)).camera


async def snapshot(cameras, camera_id):
    """The picture, (height, width, 3) BGR."""
    request = pb.GetSnapshotRequest(camera_id=camera_id, purpose="set up", case_reference="door")
    answer = await cameras.stub.GetSnapshot(request)
    return cv2.imdecode(np.frombuffer(answer.image, np.uint8), cv2.IMREAD_COLOR)


async def refusal(call):
    """The reason for which the service refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value, "ingest").reason


@pytest.fixture
def audit_trail(bus):
    """A function that gives what the trail has of cameras, in order."""

    async def read():
        last = (await bus.js.stream_info("AUDIT")).state.last_seq
        events = [events_pb2.AuditEvent.FromString((await bus.js.get_msg("AUDIT", n)).data) for n in range(1, last + 1)]
        return [event for event in events if event.object_kind == "camera"]

    return read


async def test_a_password_opens_the_camera_and_is_nowhere_to_be_read(open_ingest, detect, bus, audit_trail):
    """A wrong password is refused, the right one shows pictures; no answer, record, log or audit event has it."""
    async with square_camera(login=LOGIN) as port:
        cameras = await open_ingest(detect.target)
        camera = pb.Camera(name="door", source_url=f"http://127.0.0.1:{port}/v", sample_fps=5)
        request = pb.CreateCameraRequest(camera=camera, credentials=credentials("hunter2-wrong"))
        made = (await cameras.stub.CreateCamera(request)).camera
        assert (made.has_credentials, made.enabled) == (True, False)
        assert await refusal(snapshot(cameras, made.id)) == "CAMERA_REFUSED"
        changed = await update(cameras, made.id, "credentials", login=credentials())
        assert changed.has_credentials
        assert changed.etag != made.etag
        picture = await snapshot(cameras, made.id)
        assert picture.shape == (240, 320, 3)
        await cameras.stub.StartCamera(pb.StartCameraRequest(camera_id=made.id))
        running = await cameras.until(made.id, lambda status: status.frames_detected > 0)
        listed = await cameras.stub.ListCameras(pb.ListCamerasRequest())
        assert [status.state for status in listed.statuses] == [running.state] == [pb.CAMERA_STATE_RUNNING]
        assert listed.cameras[0].enabled
    record = (await (await bus.bucket(CAMERAS)).get(made.id)).value
    said = f"{made} {changed} {listed} {await audit_trail()} {cameras.service.log.read_text()}"
    assert "hunter2" not in said
    assert b"hunter2" not in record


async def test_credentials_go_with_the_camera(open_ingest, detect, bus):
    """Forgotten, or deleted with the camera: no key is left that could open a backup of the record."""
    cameras, keys = await open_ingest(detect.target), WrappedKeys(bus, CAMERA_KEYS)
    camera = pb.Camera(name="door", source_url="rtsp://127.0.0.1:1/a")
    request = pb.CreateCameraRequest(camera=camera, credentials=credentials())
    made = [(await cameras.stub.CreateCamera(request)).camera for _ in range(2)]
    assert await keys.count() == 2
    assert not (await update(cameras, made[0].id, "credentials")).has_credentials
    assert await keys.count() == 1
    await cameras.stub.DeleteCamera(pb.DeleteCameraRequest(camera_id=made[1].id))
    assert await keys.count() == 0


async def test_whose_certificate_is_accepted_is_shown_and_recorded(open_ingest, detect, audit_trail, tmp_path):
    """Leaving it unchecked is a change that somebody answers for, and takes the password anew."""
    identity = self_signed(tmp_path / "camera", "camera-4711")
    cameras = await open_ingest(detect.target)
    camera = pb.Camera(name="door", source_url="rtsps://127.0.0.1:1/a", certificate=identity.certificate)
    made = (await cameras.stub.CreateCamera(pb.CreateCameraRequest(camera=camera, credentials=credentials()))).camera
    assert made.certificate == identity.certificate
    looser = {"certificate": "", "unverified_tls": True}
    assert await refusal(update(cameras, made.id, *looser, **looser)) == "CREDENTIALS_NOT_GIVEN"
    changed = await update(cameras, made.id, *looser, "credentials", login=credentials(), **looser)
    assert (changed.certificate, changed.unverified_tls) == ("", True)
    details = [event.detail for event in await audit_trail() if event.object_id == made.id]
    assert identity.issued.fingerprint(SHA256()).hex() in details[0]
    assert "certificate unchecked" in details[-1]


async def test_what_is_wrong_is_refused_before_anything_is_stored(open_ingest, detect):
    """Each refusal has its reason, and the camera stays as it was."""
    cameras = await open_ingest(detect.target)
    camera = pb.Camera(name="door", source_url="rtsp://127.0.0.1:1/a")
    made = (await cameras.stub.CreateCamera(pb.CreateCameraRequest(camera=camera, credentials=credentials()))).camera
    refused = {
        "SOURCE_CREDENTIALS_IN_URL": update(
            cameras, made.id, "source_url", "credentials", source_url="rtsp://ann:hunter2@127.0.0.1/a"
        ),
        "SOURCE_NOT_ALLOWED": update(
            cameras, made.id, "source_url", "credentials", source_url="rtsp://10.9.8.7/a", login=credentials()
        ),
        "CREDENTIALS_NOT_GIVEN": update(cameras, made.id, "source_url", source_url="rtsp://127.0.0.2:1/a"),
        "POLYGON_WITHOUT_AREA": update(
            cameras, made.id, "privacy_masks", privacy_masks=[polygon((0, 0), (0.5, 0.5), (1, 1))]
        ),
        "REQUEST_INVALID": update(cameras, made.id, "regions", regions=[polygon((0, 0), (1, 1))]),
        "UPDATE_MASK_INVALID": update(cameras, made.id, "enabled", enabled=True),
        "ETAG_DIFFERS": update(cameras, made.id, "name", name="gate", etag="of another state"),
        "CAMERA_NOT_FOUND": update(cameras, "a" * 26, "name", name="gate"),
    }
    assert {reason: await refusal(call) for reason, call in refused.items()} == {reason: reason for reason in refused}
    assert (await cameras.stub.GetCamera(pb.GetCameraRequest(camera_id=made.id))).camera == made
    assert "hunter2" not in cameras.service.log.read_text()


async def test_nobody_looks_behind_a_privacy_mask(open_ingest, detect, audit_trail):
    """A snapshot shows what the camera sees but for its masks, and the trail says who looked, and why."""
    async with square_camera() as port:
        cameras = await open_ingest(detect.target)
        camera = pb.Camera(name="door", source_url=f"http://127.0.0.1:{port}/v")
        made = (await cameras.stub.CreateCamera(pb.CreateCameraRequest(camera=camera))).camera
        seen = await snapshot(cameras, made.id)
        assert seen[114, 124].min() > 200
        mask = polygon((0.25, 0.3), (0.5, 0.3), (0.5, 0.65), (0.25, 0.65))
        await update(cameras, made.id, "privacy_masks", privacy_masks=[mask], etag=made.etag)
        masked = await snapshot(cameras, made.id)
    assert masked[90:138, 100:148].max() < 60
    events = [(each.action, each.outcome, each.purpose, each.case_reference) for each in await audit_trail()]
    assert events == [
        ("cameras.create", "ok", "", ""),
        ("cameras.snapshot", "ok", "set up", "door"),
        ("cameras.update", "ok", "", ""),
        ("cameras.snapshot", "ok", "set up", "door"),
    ]
    (change,) = [event.detail for event in await audit_trail() if event.action == "cameras.update"]
    assert change.startswith("fields: privacy_masks; ")
    assert "privacy masks 1" in change


async def test_a_change_acts_on_a_running_camera(open_ingest, detect, bus, until):
    """A camera that is moved to another source while it is watched goes on there, when the first one is gone, too."""
    leases = LeaseBook(bus)
    async with square_camera() as second:
        async with square_camera() as first:
            cameras = await open_ingest(detect.target)
            camera = await cameras.watch(f"http://127.0.0.1:{first}/v", sample_fps=5)
            await cameras.until(camera, lambda status: status.frames_detected > 0)
            before = (await leases.record(camera)).epoch
            await update(cameras, camera, "source_url", source_url=f"http://127.0.0.1:{second}/v")

            async def taken_anew():
                return (await leases.record(camera)).epoch > before

            await until(taken_anew)
            moved = await cameras.until(camera, lambda status: status.frames_sampled > 0)
        later = await cameras.until(camera, lambda status: status.frames_sampled > moved.frames_sampled + 5)
        assert (later.state, later.decoder_restarts) == (pb.CAMERA_STATE_RUNNING, 0)
