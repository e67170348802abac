"""Every operation that is served, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition import (
    collections,
    detection,
    faces,
    liveness,
    retired,
    searches,
    streams,
    tags,
    users,
    video,
)

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Operation

OPERATIONS: dict[str, Operation] = {
    **collections.OPERATIONS,
    **faces.OPERATIONS,
    **users.OPERATIONS,
    **searches.OPERATIONS,
    **detection.OPERATIONS,
    **tags.OPERATIONS,
    **video.VIDEO,
    **streams.STREAMS,
    **liveness.LIVENESS,
    **retired.OPERATIONS,
}
