"""dlib's face recognition network `dlib_face_recognition_resnet_model_v1`."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.onnx_session import Session
from sightline.chassis.pack import EmbedderSpec
from sightline.chassis.session_pool import SessionPool
from sightline.embed.alignment import cut_chip, similarity, template
from sightline.embed.network import MAX_BATCH, EmbeddingNetwork

_SHRINK_STEP = 0.5


class DlibResNet:
    """dlib's network on ONNX Runtime.

    Args:
        session: input (n, 3, side, side) RGB 0..255, the mean is in the graph; one output (n, 128) of any length.
        spec: input size, alignment and mirror of the pack.
        max_batch: chips of one inference.

    Raises:
        FailedPrecondition: MODEL_UNSUITABLE when the graph is no embedder of that size.
    """

    def __init__(self, session: Session | SessionPool, spec: EmbedderSpec, *, max_batch: int = MAX_BATCH) -> None:
        self._side = spec.input_size[0]
        self._template = template(spec.alignment, self._side)
        means = (0.0, 0.0, 0.0)
        self._network = EmbeddingNetwork(session, self._side, means, 1.0, mirror=spec.mirror, max_batch=max_batch)
        self.dimension = self._network.dimension

    def align(self, picture: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        """See `FaceEmbedder.align`.

        Bilinear sampling below half size would skip pixels, so the picture is halved first, as often as needed.
        """
        matrix = similarity(landmarks, self._template)
        while np.hypot(matrix[0, 0], matrix[1, 0]) < _SHRINK_STEP and min(picture.shape[:2]) > 1:
            picture, landmarks = _halved(picture, landmarks)
            matrix = similarity(landmarks, self._template)
        return cut_chip(picture, matrix, self._side)

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """See `FaceEmbedder.embed`."""
        return self._network.embed(chips)


def _halved(
    picture: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    height, width = picture.shape[:2]
    size = np.array([width // 2, height // 2])
    half = cv2.resize(picture, size.tolist(), interpolation=cv2.INTER_AREA)
    # Coordinates name the centres of pixels.
    moved = (landmarks + 0.5) * (size / [width, height]) - 0.5
    return np.asarray(half, np.uint8), moved.astype(np.float32)
