from dataclasses import dataclass, fields
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places of a batch of inputs where a network sees a face, before suppression.

    Attributes:
        owner: (n,) index of the input.
        scores: (n,) float32.
        boxes: (n, 4) float32 x1, y1, x2, y2.
        landmarks: (n, 5, 2) float32.
        extents: (n, 4) float32, the boxes whose overlap decides about suppression.
    """

    owner: NDArray[np.intp]
    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    extents: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """One after the other; of at least one part."""
        owner, scores, boxes, landmarks, extents = (
            np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)
        )
        return cls(owner, scores, boxes, landmarks, extents)

    def chosen(self, which: NDArray[np.intp]) -> "Candidates":
        """Those of these indices."""
        scores, boxes, landmarks = self.scores[which], self.boxes[which], self.landmarks[which]
        return Candidates(self.owner[which], scores, boxes, landmarks, self.extents[which])


class GridNetwork(Protocol):
    """A network that looks once at inputs, and says for each cell of its grids whether a face is there.

    Attributes:
        overlap: above which, as intersection over union, the less sure of two candidates goes.
        border: as `suppress`.
        score_threshold: from which on a face is sure; less sure ones are proposed down to `UNSURE_SHARE` of it.
        max_batch: inputs of one size that it takes at once.
        stride: of its coarsest grid, in pixels; an input's sides are multiples of it.
    """

    overlap: float
    border: float
    score_threshold: float
    max_batch: int
    stride: int

    def propose(self, pixels: NDArray[np.uint8]) -> Candidates:
        """The candidates of (n, height, width, 3) RGB inputs, in their pixels; decoded for all of them at once."""
