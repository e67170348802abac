"""How a camera does, as the command shows it."""

from __future__ import annotations

from sightline.cli.camera_view import show_status
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2

WHY = face_pb2.Problem(reason="ON_REQUEST", message="the lamp is broken")


def test_a_suspension_is_shown_beside_a_state_that_does_not_say_so(capsys):
    """Of a file that ended, say; where the state says it, once is enough."""
    show_status(pb.CameraStatus(state=pb.CAMERA_STATE_ENDED, suspension=WHY), json=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "ended" in shown
    assert "suspended ON_REQUEST: the lamp is broken (until it is resumed" in shown
    show_status(pb.CameraStatus(state=pb.CAMERA_STATE_SUSPENDED, reason=WHY, suspension=WHY), json=False)
    assert capsys.readouterr().out.count("the lamp is broken") == 1
