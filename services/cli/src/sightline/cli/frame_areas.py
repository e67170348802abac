"""Areas of a camera's frame as people write them: corners in ratios of its width and height."""

import re
from collections.abc import Iterable

from sightline.chassis.errors import InvalidInput
from sightline.v1 import camera_service_pb2 as pb

_CORNER = re.compile(r"([0-9]*\.?[0-9]+),([0-9]*\.?[0-9]+)")
_CORNERS = 3


def parse_polygon(text: str) -> pb.Polygon:
    """Read an area such as `0.1,0.1 0.4,0.1 0.4,0.5`: x,y from the upper left corner, 0 to 1, three corners or more.

    Raises:
        InvalidInput: AREA_INVALID.
    """
    found = [_CORNER.fullmatch(corner) for corner in text.split()]
    points = [pb.PolygonPoint(x=float(each[1]), y=float(each[2])) for each in found if each]
    if len(points) < max(_CORNERS, len(found)) or any(point.x > 1 or point.y > 1 for point in points):
        raise InvalidInput(
            "AREA_INVALID",
            f"'{text}' is no area; write three corners or more as '0.1,0.1 0.4,0.1 0.4,0.5', from 0,0 (upper left) to "
            "1,1 (lower right)",
        )
    return pb.Polygon(points=points)


def area_text(polygons: Iterable[pb.Polygon]) -> str:
    """Give areas as they are read."""
    return "; ".join(" ".join(f"{point.x:.4g},{point.y:.4g}" for point in each.points) for each in polygons)
