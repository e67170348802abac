"""YuNet: one anchor-free grid per stride; the network of OpenCV's FaceDetectorYN."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.onnx_session import Session
from sightline.detect.detection import Detection
from sightline.detect.letterbox import fit
from sightline.detect.nms import suppress

_STRIDES = (8, 16, 32)
_NMS_LIMIT = 0.3  # FaceDetectorYN's default
_OUTPUTS = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in _STRIDES]


class YuNet:
    """YuNet on ONNX Runtime; equal to `cv2.FaceDetectorYN` on the same pixels.

    Args:
        session: twelve outputs, cls, obj, bbox and kps for each of the strides 8, 16 and 32.
        input_size: width, height that a larger picture is scaled down to; smaller ones keep their size.
            A graph of fixed size overrules it.
        score_threshold: faces below are dropped.

    Raises:
        FailedPrecondition: MODEL_UNSUITABLE when the graph is no YuNet.
    """

    def __init__(self, session: Session, input_size: tuple[int, int], score_threshold: float) -> None:
        if {output.name for output in session.get_outputs()} != set(_OUTPUTS):
            raise FailedPrecondition("MODEL_UNSUITABLE", "this is no YuNet graph; choose another detector file")
        self._session = session
        self._input = session.get_inputs()[0].name
        self._score_threshold = score_threshold
        *_, height, width = session.get_inputs()[0].shape
        self._is_fixed = isinstance(height, int) and isinstance(width, int)
        self._size = (width, height) if self._is_fixed else input_size

    def detect(self, picture: NDArray[np.uint8], *, min_face: int | None = None) -> list[Detection]:
        """See `FaceDetector.detect`; smaller faces are found and dropped."""
        fitted, scale = fit(picture, self._input_size(picture), enlarge=False)
        blob = cv2.dnn.blobFromImage(fitted, swapRB=True)
        outputs = [part[0] for part in self._session.run(_OUTPUTS, {self._input: blob})]
        cls, obj, box, kps = (np.concatenate(outputs[i : i + 3]) for i in range(0, 12, 3))
        scores = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
        chosen = np.flatnonzero(scores >= self._score_threshold)
        cells, strides = _grid(fitted.shape[1], fitted.shape[0])
        cells, strides, scores = cells[chosen], strides[chosen], scores[chosen]
        sides = np.exp(box[chosen, 2:]) * strides
        corners = (cells + box[chosen, :2]) * strides - sides / 2
        landmarks = (kps[chosen].reshape(-1, 5, 2) + cells[:, None]) * strides[:, None]
        # FaceDetectorYN suppresses by boxes cut to whole pixels.
        whole = np.hstack([corners.astype(int), corners.astype(int) + sides.astype(int)])
        boxes = np.hstack([corners, corners + sides]) / scale
        kept = suppress(whole, scores, _NMS_LIMIT)
        faces = [Detection(boxes[i], landmarks[i] / np.float32(scale), float(scores[i])) for i in kept]
        return [face for face in faces if face.side >= (min_face or 0)]

    def _input_size(self, picture: NDArray[np.uint8]) -> tuple[int, int]:
        """Width, height for the network: the picture's, at most the limit, padded to 32 as OpenCV does."""
        if self._is_fixed:
            return self._size
        height, width = picture.shape[:2]
        scale = min(self._size[0] / width, self._size[1] / height, 1)
        return _padded(width * scale), _padded(height * scale)


def _padded(side: float) -> int:
    return max(1, -(-int(side) // 32)) * 32


@lru_cache(maxsize=64)
def _grid(width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n, 2) column, row of every cell, and (n, 1) its stride, in the order of the outputs."""
    cells, strides = [], []
    for stride in _STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([columns, rows], axis=-1).reshape(-1, 2))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
