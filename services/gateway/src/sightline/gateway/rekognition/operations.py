"""Every operation that is served, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition import liveness, retired, streams, video

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Operation

OPERATIONS: dict[str, Operation] = {
    **video.VIDEO,
    **streams.STREAMS,
    **liveness.LIVENESS,
    **retired.OPERATIONS,
}
