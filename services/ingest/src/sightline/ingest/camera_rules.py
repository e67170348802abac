"""What a camera may be told, beyond what the contract's rules on single fields say."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sightline.chassis.errors import InvalidInput
from sightline.chassis.weekly_hours import zone_of

if TYPE_CHECKING:
    from sightline.v1 import camera_service_pb2 as pb

_CORNERS = 3


def check_camera(camera: pb.Camera) -> None:
    """Raises InvalidInput POLYGON_WITHOUT_AREA or TIME_ZONE_UNKNOWN."""
    for kind, polygons in (("region", camera.regions), ("privacy mask", camera.privacy_masks)):
        for number, polygon in enumerate(polygons, 1):
            if not _has_area(polygon):
                raise InvalidInput(
                    "POLYGON_WITHOUT_AREA",
                    f"The corners of {kind} {number} lie on one line: give three or more that enclose something.",
                )
    if camera.HasField("schedule"):
        zone_of(camera.schedule.time_zone)


def check_destination(before: str, after: str) -> None:
    """Stored credentials go to no other place than the one that they were given for.

    Otherwise whoever may change a camera could have them sent to a host of their own, and read them there.

    Raises:
        InvalidInput: CREDENTIALS_NOT_GIVEN, the second URL has another scheme, host or port.
    """
    if _place(before) != _place(after):
        raise InvalidInput(
            "CREDENTIALS_NOT_GIVEN",
            "User and password were given for another host, port or scheme, and are sent nowhere else: give them "
            "again with the new URL, or have them forgotten.",
        )


def _place(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _has_area(polygon: pb.Polygon) -> bool:
    """Whether three of the corners make a triangle; edges may cross."""
    (x, y), *others = dict.fromkeys((point.x, point.y) for point in polygon.points)
    if len(others) < _CORNERS - 1:
        return False
    (x1, y1), *rest = others
    return any((x1 - x) * (y2 - y) != (x2 - x) * (y1 - y) for x2, y2 in rest)
