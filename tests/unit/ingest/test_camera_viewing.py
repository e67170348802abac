"""How a camera's record wants it to be looked at."""

import pytest

from sightline.ingest.camera_viewing import viewing_of
from sightline.ingest.viewing import Viewing
from sightline.v1 import camera_service_pb2 as pb


def test_a_record_without_wishes_has_defaults():
    """Three frames a second; the motion gate is on for cameras and off for files."""
    assert viewing_of(pb.Camera(), live=True) == Viewing(3.0, motion_gate=True)
    assert viewing_of(pb.Camera(), live=False) == Viewing(3.0)


@pytest.mark.parametrize("live", [True, False], ids=["camera", "file"])
def test_wishes_are_heeded(live):
    """What the record says holds for cameras and files alike."""
    corners = ((0.0, 0.25), (0.5, 0.25), (0.5, 1.0))
    camera = pb.Camera(
        sample_fps=12.5,
        privacy_masks=[pb.Polygon(points=[pb.PolygonPoint(x=x, y=y) for x, y in corners])],
        motion_gate=pb.MOTION_GATE_ON,
        keyframes_only=True,
        rtsp_transport=pb.RTSP_TRANSPORT_UDP,
    )
    assert viewing_of(camera, live=live) == Viewing(12.5, (corners,), motion_gate=True, keyframes_only=True, udp=True)
    camera.motion_gate = pb.MOTION_GATE_OFF
    assert not viewing_of(camera, live=live).motion_gate
