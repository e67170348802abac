"""How several views of a face become one template: of a track, of a person, and where that is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

# Below this share of its greatest possible length a sum of unit vectors is mostly rounding.
CANCELLED = 1e-6


def fused(shots: Iterable[tuple[float, NDArray[np.float32]]]) -> NDArray[np.float32]:
    """The quality-weighted mean of a track's shots, of unit length: (quality, vector) pairs in any order.

    The pairs are summed in a fixed order, so the result does not depend on the order of arrival. Where the shots cancel
    each other out, the best one stands for all.
    """
    pairs = sorted(shots, key=lambda shot: (shot[0], shot[1].tobytes()))
    weights = np.array([max(quality, 1e-3) for quality, _ in pairs], np.float64)
    mean = weights @ np.stack([vector for _, vector in pairs]).astype(np.float64)
    norm = float(np.linalg.norm(mean))
    if norm < CANCELLED * float(weights.sum()):
        return pairs[-1][1]
    return (mean / norm).astype(np.float32)
