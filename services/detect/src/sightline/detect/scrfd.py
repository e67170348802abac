"""SCRFD in the form of insightface's packs: anchors on three or five grids, distances to the four sides."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sightline.chassis.blob import to_blob
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.session_pool import SessionPool
from sightline.detect.candidates import Candidates
from sightline.detect.detection import UNSURE_SHARE

# outputs -> (strides, anchors per cell), from insightface's scrfd.py. Forms without landmarks are of no use.
_FORMS = {9: ((8, 16, 32), 2), 15: ((8, 16, 32, 64, 128), 1)}


class Scrfd:
    """A `GridNetwork`; equal to insightface's `SCRFD.detect` at the same input sizes.

    Args:
        pool: nine or fifteen outputs, scores, boxes and landmarks, each per stride; (batch, n, k), or (n, k) of one.
        score_threshold: faces below are unsure.
        max_batch: inputs that the graph takes at once.

    Raises:
        FailedPrecondition: MODEL_UNSUITABLE when the graph is no SCRFD with landmarks.
    """

    overlap = 0.4
    border = 1.0

    def __init__(self, pool: SessionPool, score_threshold: float, max_batch: int = 1) -> None:
        outputs = pool.get_outputs()
        if len(outputs) not in _FORMS:
            message = f"{len(outputs)} outputs are not SCRFD with landmarks; choose another detector file"
            raise FailedPrecondition("MODEL_UNSUITABLE", message)
        self.max_batch = max_batch
        self._pool = pool
        self._input = pool.get_inputs()[0].name
        self._strides, self._anchors = _FORMS[len(outputs)]
        self.stride = self._strides[-1]
        self.score_threshold = score_threshold

    def propose(self, pixels: NDArray[np.uint8]) -> Candidates:
        """See `GridNetwork.propose`."""
        count, height, width = pixels.shape[:3]
        blob = to_blob(list(pixels), 127.5, 1 / 128)
        outputs = [part.reshape(count, -1, part.shape[-1]) for part in self._pool.run(None, {self._input: blob})]
        levels = len(self._strides)
        return Candidates.joined(
            [
                self._decode(outputs[level::levels], stride, (width, height))
                for level, stride in enumerate(self._strides)
            ]
        )

    def _decode(self, outputs: list[NDArray[np.float32]], stride: int, size: tuple[int, int]) -> Candidates:
        scores, distances, offsets = outputs
        owner, cell = np.nonzero(scores[..., 0] >= UNSURE_SHARE * self.score_threshold)
        centres = _centres(size, stride, self._anchors)[cell]
        distance = distances[owner, cell] * stride
        boxes = np.hstack([centres - distance[:, :2], centres + distance[:, 2:]])
        landmarks = centres[:, None] + offsets[owner, cell].reshape(-1, 5, 2) * stride
        return Candidates(owner, scores[owner, cell, 0], boxes, landmarks, boxes)


@lru_cache(maxsize=64)
def _centres(size: tuple[int, int], stride: int, anchors: int) -> NDArray[np.float32]:
    """(cells * anchors, 2) x, y of the anchors' centres in input pixels, row by row."""
    rows, columns = np.mgrid[: size[1] // stride, : size[0] // stride]
    cells = np.stack([columns, rows], axis=-1).reshape(-1, 2) * stride
    return np.repeat(cells, anchors, axis=0).astype(np.float32)
