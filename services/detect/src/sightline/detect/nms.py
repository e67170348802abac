"""Non-maximum suppression: of boxes that overlap, the surest stays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 64  # overlaps computed at once: few calls for few boxes, little memory for many


def suppress(
    boxes: NDArray[Any],
    scores: NDArray[np.float32],
    limit: float,
    *,
    border: float = 0.0,
    over_smaller: bool = False,
    groups: NDArray[np.intp] | None = None,
) -> NDArray[np.intp]:
    """Greedy suppression.

    Args:
        boxes: (n, 4) x1, y1, x2, y2.
        scores: (n,).
        limit: a box goes when its overlap with a surer one is above this.
        border: added to both sides of every box: 1 where coordinates name the last pixel inside.
        over_smaller: overlap is the share of the smaller box, instead of intersection over union.
        groups: (n,) numbers; boxes of different ones leave each other alone, for instance those of other pictures.

    Returns:
        (k,) indices of what stays, the surest first; equal scores keep their order.
    """
    order = np.argsort(-scores, kind="stable")
    columns = boxes[order].T
    alive = np.ones(len(order), bool)
    group = None if groups is None else groups[order]
    for start in range(0, len(order), _BLOCK):
        rows = start + np.flatnonzero(alive[start : start + _BLOCK])
        hits = _overlap(columns[:, rows, None], columns, limit, border, over_smaller=over_smaller)
        if group is not None:
            hits &= group[rows, None] == group
        for row, hit in zip(rows, hits, strict=True):
            if alive[row]:
                alive[row + 1 :] &= ~hit[row + 1 :]
    return order[alive]


def _overlap(
    some: NDArray[Any], every: NDArray[Any], limit: float, border: float, *, over_smaller: bool
) -> NDArray[np.bool]:
    """(m, n) whether boxes (4, m, 1) and boxes (4, n) overlap by more than the limit."""
    width = np.minimum(some[2], every[2]) - np.maximum(some[0], every[0]) + border
    height = np.minimum(some[3], every[3]) - np.maximum(some[1], every[1]) + border
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    areas, others = ((b[2] - b[0] + border) * (b[3] - b[1] + border) for b in (some, every))
    whole = np.minimum(areas, others) if over_smaller else areas + others - shared
    return np.asarray(shared > limit * whole)
