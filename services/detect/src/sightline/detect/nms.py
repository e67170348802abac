"""Non-maximum suppression: of boxes that overlap, the surest stays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def suppress(
    boxes: NDArray[Any],
    scores: NDArray[np.float32],
    limit: float,
    *,
    border: float = 0.0,
    over_smaller: bool = False,
) -> NDArray[np.intp]:
    """Greedy suppression.

    Args:
        boxes: (n, 4) x1, y1, x2, y2.
        scores: (n,).
        limit: a box goes when its overlap with a surer one is above this.
        border: added to both sides of every box: 1 where coordinates name the last pixel inside.
        over_smaller: overlap is the share of the smaller box, instead of intersection over union.

    Returns:
        (k,) indices of what stays, the surest first; equal scores keep their order.
    """
    order = np.argsort(-scores, kind="stable")
    x1, y1, x2, y2 = boxes[order].T
    areas = (x2 - x1 + border) * (y2 - y1 + border)
    alive = np.ones(len(order), bool)
    for i in range(len(order)):
        if not alive[i]:
            continue
        rest = np.flatnonzero(alive[i + 1 :]) + i + 1
        width = np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]) + border
        height = np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]) + border
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        whole = np.minimum(areas[i], areas[rest]) if over_smaller else areas[i] + areas[rest] - shared
        alive[rest[shared > limit * whole]] = False
    return order[alive]
