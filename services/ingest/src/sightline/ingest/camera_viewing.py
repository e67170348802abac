"""How a camera's record wants it to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.ingest.viewing import Viewing
from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.ingest.viewing import Outline

DEFAULT_FPS = 3.0


def viewing_of(camera: pb.Camera, *, live: bool) -> Viewing:
    """The record's wishes; where it has none, three frames a second, and a motion gate for live sources."""
    gate = camera.motion_gate
    return Viewing(
        fps=camera.sample_fps or DEFAULT_FPS,
        masks=outlines(camera.privacy_masks),
        motion_gate=live if gate == pb.MOTION_GATE_UNSPECIFIED else gate == pb.MOTION_GATE_ON,
        keyframes_only=camera.keyframes_only,
        udp=camera.rtsp_transport == pb.RTSP_TRANSPORT_UDP,
    )


def outlines(polygons: Iterable[pb.Polygon]) -> tuple[Outline, ...]:
    """The corners of regions or masks."""
    return tuple(tuple((point.x, point.y) for point in polygon.points) for polygon in polygons)
