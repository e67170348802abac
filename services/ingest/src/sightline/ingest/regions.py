"""Regions of interest: the parts of a frame in which faces count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.ingest.viewing import Outline


def inside(regions: Sequence[Outline], boxes: NDArray[np.float32]) -> NDArray[np.bool]:
    """(n,) which of (n, 4) boxes have their middle in one of the regions; all where there are no regions.

    Boxes, left, top, right, bottom, are in ratios of the frame as the regions are. A region that crosses itself
    counts with all that it encloses, as a privacy mask does.
    """
    if not regions:
        return np.ones(len(boxes), bool)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.asarray(np.any([_turns(outline, middles) != 0 for outline in regions], axis=0), bool)


def _turns(outline: Outline, points: NDArray[np.floating[Any]]) -> NDArray[np.int_]:
    """(n,) how often the outline goes around each of (n, 2) points: its winding number."""
    start = np.array(outline, np.float64)
    end = np.roll(start, -1, axis=0)
    across, down = (points[:, axis, None] - start[None, :, axis] for axis in (0, 1))
    way = end - start
    side = way[:, 0] * down - way[:, 1] * across
    begins_above, ends_above = down >= 0, points[:, 1, None] >= end[None, :, 1]
    up = begins_above & ~ends_above & (side > 0)
    back = ~begins_above & ends_above & (side < 0)
    return np.asarray(up.sum(axis=1) - back.sum(axis=1), np.int_)
