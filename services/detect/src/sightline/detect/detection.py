from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Detection:
    """One face in one picture.

    Attributes:
        box: (4,) float32: x1, y1, x2, y2 in pixels; may reach outside the picture.
        landmarks: (5, 2) float32: x, y in pixels of left eye, right eye, nose tip, left and right
            mouth corner; left is the picture's left.
        score: the detector's own confidence, 0..1; not comparable between detectors.
    """

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    score: float

    @property
    def side(self) -> float:
        """The longer side of the box, in pixels."""
        return float((self.box[2:] - self.box[:2]).max())
