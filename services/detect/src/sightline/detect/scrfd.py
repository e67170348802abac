"""SCRFD in the form of insightface's packs: anchors on three or five grids, distances to the four sides."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.onnx_session import Session
from sightline.detect.detection import Detection
from sightline.detect.letterbox import fit
from sightline.detect.nms import suppress

_NMS_LIMIT = 0.4
_COARSEST_STRIDE = 32
# outputs -> (strides, anchors per cell), from insightface's scrfd.py. Forms without landmarks are of no use.
_FORMS = {9: ((8, 16, 32), 2), 15: ((8, 16, 32, 64, 128), 1)}
# A face that fills the picture is larger than the largest anchor at 640 px; insightface too looks twice.
_OVERVIEW = (128, 128)

Candidates = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]  # all float32


class Scrfd:
    """SCRFD on ONNX Runtime; equal to insightface's `SCRFD.detect` at the same input sizes.

    Args:
        session: nine or fifteen outputs, scores, boxes and landmarks, each per stride.
        input_size: width, height the picture is fitted into; a graph of fixed size overrules it.
        score_threshold: faces below are dropped.

    Raises:
        FailedPrecondition: MODEL_UNSUITABLE when the graph is no SCRFD with landmarks.
    """

    def __init__(self, session: Session, input_size: tuple[int, int], score_threshold: float) -> None:
        outputs = session.get_outputs()
        if len(outputs) not in _FORMS:
            message = f"{len(outputs)} outputs are not SCRFD with landmarks; choose another detector file"
            raise FailedPrecondition("MODEL_UNSUITABLE", message)
        self._session = session
        self._input = session.get_inputs()[0].name
        self._strides, self._anchors = _FORMS[len(outputs)]
        self._score_threshold = score_threshold
        *_, height, width = session.get_inputs()[0].shape
        if isinstance(height, int) and isinstance(width, int):
            self._sizes = [(width, height)]
        elif any(side % _COARSEST_STRIDE for side in input_size):
            raise FailedPrecondition("MODEL_UNSUITABLE", f"input_size {input_size} is no multiple of 32")
        else:
            self._sizes = list(dict.fromkeys([_OVERVIEW, input_size]))

    def detect(self, picture: NDArray[np.uint8], *, min_face: int | None = None) -> list[Detection]:
        """See `FaceDetector.detect`; smaller faces are found and dropped."""
        found = [self._candidates(picture, size) for size in self._sizes]
        scores, boxes, landmarks = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = suppress(boxes, scores, _NMS_LIMIT, border=1.0)
        faces = [Detection(boxes[i], landmarks[i], float(scores[i])) for i in kept]
        return [face for face in faces if face.side >= (min_face or 0)]

    def _candidates(self, picture: NDArray[np.uint8], size: tuple[int, int]) -> Candidates:
        """Scores (n,), boxes (n, 4) and landmarks (n, 5, 2) above the threshold, in the picture's pixels."""
        fitted, scale = fit(picture, size)
        blob = cv2.dnn.blobFromImage(fitted, 1 / 128, size, (127.5, 127.5, 127.5))
        outputs = [part.reshape(-1, part.shape[-1]) for part in self._session.run(None, {self._input: blob})]
        levels = len(self._strides)
        parts = [self._decode(outputs[level::levels], stride, size) for level, stride in enumerate(self._strides)]
        scores, boxes, landmarks = (np.concatenate(part) for part in zip(*parts, strict=True))
        return scores, boxes / np.float32(scale), landmarks / np.float32(scale)

    def _decode(self, outputs: list[NDArray[np.float32]], stride: int, size: tuple[int, int]) -> Candidates:
        scores, distances, offsets = outputs
        chosen = np.flatnonzero(scores[:, 0] >= self._score_threshold)
        centres = _centres(size, stride, self._anchors)[chosen]
        distance = distances[chosen] * stride
        boxes = np.hstack([centres - distance[:, :2], centres + distance[:, 2:]])
        landmarks = centres[:, None] + offsets[chosen].reshape(-1, 5, 2) * stride
        return scores[chosen, 0], boxes, landmarks


@lru_cache(maxsize=64)
def _centres(size: tuple[int, int], stride: int, anchors: int) -> NDArray[np.float32]:
    """(cells * anchors, 2) x, y of the anchors' centres in input pixels, row by row."""
    rows, columns = np.mgrid[: size[1] // stride, : size[0] // stride]
    cells = np.stack([columns, rows], axis=-1).reshape(-1, 2) * stride
    return np.repeat(cells, anchors, axis=0).astype(np.float32)
