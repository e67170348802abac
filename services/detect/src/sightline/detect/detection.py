from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

UNSURE_SHARE = 0.4
"""Of a detector's threshold, from which on a face is there at all: SCRFD's 0.5 gives 0.2, near ByteTrack's 0.1 for
people. What is below is mostly no face, and its box too loose to follow."""


@dataclass(frozen=True, eq=False)
class Detection:
    """One face in one picture.

    Attributes:
        box: (4,) float32: x1, y1, x2, y2 in pixels; may reach outside the picture.
        landmarks: (5, 2) float32: x, y in pixels of left eye, right eye, nose tip, left and right
            mouth corner; left is the picture's left.
        score: the detector's own confidence, 0..1; not comparable between detectors.
        is_sure: whether the score reaches the pack's threshold, and the face the size that was wanted.
    """

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    score: float
    is_sure: bool = True

    @property
    def side(self) -> float:
        """The longer side of the box, in pixels."""
        return float((self.box[2:] - self.box[:2]).max())


def wanted(faces: Iterable[Detection], min_face: int | None, *, unsure: bool) -> list[Detection]:
    """The faces of that side in pixels and more; with `unsure` the others too, marked as not sure."""
    least = min_face or 0
    judged = [face if face.side >= least else replace(face, is_sure=False) for face in faces]
    return [face for face in judged if unsure or face.is_sure]
