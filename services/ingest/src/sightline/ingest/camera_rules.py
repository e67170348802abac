"""What a camera may be told, beyond what the contract's rules on single fields say."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sightline.chassis.errors import InvalidInput
from sightline.chassis.weekly_hours import zone_of
from sightline.ingest.camera_source import TLS_SCHEMES
from sightline.ingest.certificate import check_certificate

if TYPE_CHECKING:
    from sightline.v1 import camera_service_pb2 as pb

_CORNERS = 3


def check_camera(camera: pb.Camera) -> None:
    """Raises InvalidInput POLYGON_WITHOUT_AREA, TIME_ZONE_UNKNOWN, CERTIFICATE_INVALID or CERTIFICATE_UNCHECKED."""
    for kind, polygons in (("region", camera.regions), ("privacy mask", camera.privacy_masks)):
        for number, polygon in enumerate(polygons, 1):
            if not _has_area(polygon):
                raise InvalidInput(
                    "POLYGON_WITHOUT_AREA",
                    f"The corners of {kind} {number} lie on one line: give three or more that enclose something.",
                )
    if camera.HasField("schedule"):
        zone_of(camera.schedule.time_zone)
    if camera.certificate:
        check_certificate(camera.certificate)
        if camera.unverified_tls:
            raise InvalidInput(
                "CERTIFICATE_UNCHECKED",
                "Give the camera's certificate, or leave it unchecked, not both.",
            )


def check_destination(before: pb.Camera, after: pb.Camera) -> None:
    """Stored credentials go to no other place than the one that they were given for, which shows the same certificate.

    Otherwise whoever may change a camera could have them sent to a host of their own, and read them there.

    Raises:
        InvalidInput: CREDENTIALS_NOT_GIVEN, the second one has another scheme, host or port, or another certificate.
    """
    if _place(before) != _place(after):
        raise InvalidInput(
            "CREDENTIALS_NOT_GIVEN",
            "User and password were given for another host, port, scheme or certificate, and are sent nowhere else: "
            "give them again with the new one, or have them forgotten.",
        )


def _place(camera: pb.Camera) -> tuple[str | int | None, ...]:
    parts = urlsplit(camera.source_url)
    shown = (camera.certificate, camera.unverified_tls) if parts.scheme in TLS_SCHEMES else ()
    return parts.scheme, parts.hostname, parts.port, *shown


def _has_area(polygon: pb.Polygon) -> bool:
    """Whether three of the corners make a triangle; edges may cross."""
    (x, y), *others = dict.fromkeys((point.x, point.y) for point in polygon.points)
    if len(others) < _CORNERS - 1:
        return False
    (x1, y1), *rest = others
    return any((x1 - x) * (y2 - y) != (x2 - x) * (y1 - y) for x2, y2 in rest)
