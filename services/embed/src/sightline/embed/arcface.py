"""ArcFace networks in the form of insightface's packs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.chassis.onnx_graph import read_graph
from sightline.chassis.onnx_session import Session
from sightline.chassis.pack import EmbedderSpec
from sightline.chassis.session_pool import SessionPool
from sightline.embed.alignment import cut_chip, similarity, template
from sightline.embed.network import MAX_BATCH, EmbeddingNetwork

_FIRST_NODES = 8


def expects_raw_pixels(model: bytes) -> bool:
    """Whether the graph itself centres and scales its input, as networks exported from MXNet do.

    The rule is insightface's (model_zoo/arcface_onnx.py): a subtraction and a multiplication, by name, among the
    first eight nodes. All others want (x - 127.5) / 127.5.
    """
    names = read_graph(model).node_names[:_FIRST_NODES]
    subtracts = any(name.startswith(("Sub", "_minus")) for name in names)
    return subtracts and any(name.startswith(("Mul", "_mul")) for name in names)


class ArcFace:
    """An ArcFace network on ONNX Runtime; equal to insightface's `ArcFaceONNX`, but of length 1.

    With `raw_pixels` and the alignment arcface5 it is equal to OpenCV's FaceRecognizerSF, too (SFace), which gives its
    network RGB 0..255 (modules/objdetect/src/face_recognize.cpp: it swaps the channels of the BGR chip).

    Args:
        session: input (n, 3, side, side) RGB, one output (n, d) of any length.
        spec: input size, alignment and mirror of the pack.
        raw_pixels: whether the graph takes 0..255, from `expects_raw_pixels`.
        max_batch: chips of one inference.

    Raises:
        FailedPrecondition: MODEL_UNSUITABLE when the graph is no embedder of that size.
    """

    def __init__(
        self, session: Session | SessionPool, spec: EmbedderSpec, *, raw_pixels: bool, max_batch: int = MAX_BATCH
    ) -> None:
        self._side = spec.input_size[0]
        self._template = template(spec.alignment, self._side)
        mean, scale = (0.0, 1.0) if raw_pixels else (127.5, 1 / 127.5)
        means = (mean, mean, mean)
        self._network = EmbeddingNetwork(session, self._side, means, scale, mirror=spec.mirror, max_batch=max_batch)
        self.dimension = self._network.dimension

    def align(self, picture: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        """See `FaceEmbedder.align`."""
        return cut_chip(picture, similarity(landmarks, self._template), self._side)

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """See `FaceEmbedder.embed`."""
        return self._network.embed(chips)
