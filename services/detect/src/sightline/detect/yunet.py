"""YuNet: one anchor-free grid per stride; the network of OpenCV's FaceDetectorYN."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.session_pool import SessionPool
from sightline.detect.candidates import Candidates
from sightline.detect.detection import UNSURE_SHARE

_STRIDES = (8, 16, 32)
_OUTPUTS = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in _STRIDES]


class YuNet:
    """A `GridNetwork`; equal to `cv2.FaceDetectorYN` on the same pixels.

    Args:
        pool: twelve outputs, cls, obj, bbox and kps for each of the strides 8, 16 and 32.
        score_threshold: faces below are unsure.
        max_batch: inputs that the graph takes at once.

    Raises:
        FailedPrecondition: MODEL_UNSUITABLE when the graph is no YuNet.
    """

    overlap = 0.3  # FaceDetectorYN's default
    border = 0.0
    stride = _STRIDES[-1]

    def __init__(self, pool: SessionPool, score_threshold: float, max_batch: int = 1) -> None:
        if {output.name for output in pool.get_outputs()} != set(_OUTPUTS):
            raise FailedPrecondition("MODEL_UNSUITABLE", "this is no YuNet graph; choose another detector file")
        self.max_batch = max_batch
        self._pool = pool
        self._input = pool.get_inputs()[0].name
        self.score_threshold = score_threshold

    def propose(self, pixels: NDArray[np.uint8]) -> Candidates:
        """See `GridNetwork.propose`."""
        outputs = self._pool.run(_OUTPUTS, {self._input: cv2.dnn.blobFromImages(list(pixels), swapRB=True)})
        cls, obj, box, kps = (np.concatenate(outputs[i : i + 3], axis=1) for i in range(0, 12, 3))
        scores = np.sqrt(np.clip(cls[..., 0], 0, 1) * np.clip(obj[..., 0], 0, 1))
        chosen = np.nonzero(scores >= UNSURE_SHARE * self.score_threshold)
        cells, strides = (part[chosen[1]] for part in _grid(pixels.shape[2], pixels.shape[1]))
        sides = np.exp(box[chosen][:, 2:]) * strides
        corners = (cells + box[chosen][:, :2]) * strides - sides / 2
        landmarks = (kps[chosen].reshape(-1, 5, 2) + cells[:, None]) * strides[:, None]
        # FaceDetectorYN suppresses by boxes cut to whole pixels.
        whole = np.hstack([corners.astype(int), corners.astype(int) + sides.astype(int)]).astype(np.float32)
        return Candidates(chosen[0], scores[chosen], np.hstack([corners, corners + sides]), landmarks, whole)


@lru_cache(maxsize=64)
def _grid(width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n, 2) column, row of every cell, and (n, 1) its stride, in the order of the outputs."""
    cells, strides = [], []
    for stride in _STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([columns, rows], axis=-1).reshape(-1, 2))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
