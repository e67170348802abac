"""One picture for setting up a camera."""

import ipaddress
import time

import numpy as np
import pytest
from clips import mjpeg_camera, write_clip

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.picture import decode_picture, encode_jpeg
from sightline.ingest.credentials import NO_CREDENTIALS, Credentials
from sightline.ingest.snapshot import take_snapshot
from sightline.ingest.source import SourceRules
from sightline.v1 import camera_service_pb2 as pb

RULES = SourceRules(camera_networks=(ipaddress.ip_network("127.0.0.0/8"),))
LEFT_HALF = pb.Polygon(points=[pb.PolygonPoint(x=x, y=y) for x, y in ((0, 0), (0.5, 0), (0.5, 1), (0, 1))])
PICTURE = encode_jpeg(np.full((120, 160, 3), 200, np.uint8), 90)


async def test_a_camera_gives_a_masked_picture():
    """The first frame, with the masks of the record in it, from a camera that asks for a password."""
    async with mjpeg_camera([PICTURE] * 50, login="admin:hunter2") as port:
        camera = pb.Camera(source_url=f"http://127.0.0.1:{port}/v", privacy_masks=[LEFT_HALF])
        picture = decode_picture(await take_snapshot(camera, RULES, Credentials("admin", "hunter2")))
    assert picture.shape == (120, 160, 3)
    assert picture[:, :76].max() < 20
    assert picture[:, 86:].min() > 180


async def test_a_video_gives_its_first_picture(tmp_path):
    """Of a file the first frame is shown."""
    pictures = [np.full((64, 96, 3), 100 + number, np.uint8) for number in range(20)]
    write_clip(tmp_path / "a.mp4", pictures)
    camera = pb.Camera(source_url=f"file://{tmp_path}/a.mp4")
    picture = decode_picture(await take_snapshot(camera, SourceRules(video_roots=(tmp_path,)), NO_CREDENTIALS))
    assert picture.mean() == pytest.approx(100, abs=4)


async def test_a_silent_camera_is_not_waited_for():
    """Nothing within the time: it says so, and the decoder is gone."""
    async with mjpeg_camera([], hang=True) as port:
        camera = pb.Camera(source_url=f"http://127.0.0.1:{port}/v")
        started = time.monotonic()
        with pytest.raises(Unavailable, match="CAMERA_SILENT"):
            await take_snapshot(camera, RULES, NO_CREDENTIALS, within_s=1.0)
    assert time.monotonic() - started < 60


async def test_what_may_not_be_read_gives_no_picture(tmp_path):
    """A snapshot goes by the same rules as watching."""
    with pytest.raises(InvalidInput, match="SOURCE_NOT_ALLOWED"):
        await take_snapshot(pb.Camera(source_url=f"file://{tmp_path}/a.mp4"), RULES, NO_CREDENTIALS)
