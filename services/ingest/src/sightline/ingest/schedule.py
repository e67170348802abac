"""When a camera is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput
from sightline.chassis.weekly_hours import is_open, opens_at
from sightline.v1 import face_pb2

if TYPE_CHECKING:
    from datetime import datetime

    from sightline.v1 import camera_service_pb2 as pb


def suspension(camera: pb.Camera, now: datetime) -> face_pb2.Problem | None:
    """Why the camera is not watched now, an aware time; None where it is."""
    if not camera.HasField("schedule"):
        return None
    try:
        if is_open(camera.schedule, now):
            return None
        opening = opens_at(camera.schedule, now)
    except InvalidInput as error:
        return face_pb2.Problem(reason=error.reason, message=error.message)
    until = f"until {opening:%Y-%m-%d %H:%M} ({opening.tzinfo})" if opening else "at all: its schedule has no hours"
    return face_pb2.Problem(reason="OUT_OF_HOURS", message=f"It is not watched {until}.")
