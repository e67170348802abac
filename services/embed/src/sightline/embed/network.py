"""The part that every embedder shares: chips in, unit vectors out, in batches."""

from collections.abc import Sequence

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray

from sightline.chassis.errors import FailedPrecondition, Internal
from sightline.chassis.onnx_session import Session
from sightline.chassis.session_pool import SessionPool

MAX_BATCH = 4
"""Chips of one inference on a CPU: many do not fit into its caches. CPU time of a chip in batches of 1, 4 and 8 on one
thread: dlib 6.4, 5.2, 5.3 ms; MobileFaceNet y1 10.3, 11.6, 12.6 ms (medians of 6, other work beside it)."""

_SAME = 1e-4  # of the largest number; a graph that mixes its chips is off by about 1

log = structlog.get_logger()

Chip = NDArray[np.uint8]


class EmbeddingNetwork:
    """An ONNX graph that turns (n, 3, side, side) into (n, dimension).

    Args:
        session: the loaded graph; one input, one output.
        side: of the chips, px.
        mean: of R, G, B, taken from the pixels' 0..255.
        scale: what the pixels are multiplied with after that.
        mirror: whether the vector of the chip's mirror image is added, before both become length 1.
        max_batch: chips of one inference; 1 where the graph does not take more, or gives something else for them.

    Raises:
        FailedPrecondition: MODEL_UNSUITABLE when the graph does not take such chips.
    """

    def __init__(
        self,
        session: Session | SessionPool,
        side: int,
        mean: tuple[float, float, float],
        scale: float,
        *,
        mirror: bool,
        max_batch: int = MAX_BATCH,
    ) -> None:
        (taken,) = session.get_inputs()
        self._session = session
        self._input = taken.name
        self._max_batch = 1
        self._side, self._mean, self._scale, self._mirror = side, mean, scale, mirror
        self.dimension = self._try()
        if taken.shape[0] != 1 and not self._takes(max_batch):
            log.warning("no_batches", why="a batch gives anything else than single chips")

    def embed(self, chips: Sequence[Chip]) -> NDArray[np.float32]:
        """See `FaceEmbedder.embed`."""
        if not chips:
            return np.empty((0, self.dimension), np.float32)
        vectors = self._run(chips)
        if self._mirror:
            vectors = vectors + self._run([chip[:, ::-1] for chip in chips])
        return _to_unit(vectors)

    def _run(self, chips: Sequence[Chip]) -> NDArray[np.float32]:
        """(n, dimension) of any length."""
        sizes = batch_sizes(len(chips), self._max_batch)
        ends = np.cumsum(sizes)
        parts = [self._run_batch(chips[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
        return np.concatenate(parts)

    def _run_batch(self, chips: Sequence[Chip]) -> NDArray[np.float32]:
        blob = cv2.dnn.blobFromImages(chips, self._scale, (self._side, self._side), self._mean)
        return np.asarray(self._session.run(None, {self._input: blob})[0], np.float32)

    def _try(self) -> int:
        """Run one black chip and return the length of its vector."""
        try:
            vectors = self._run([np.zeros((self._side, self._side, 3), np.uint8)])
        except Exception as error:  # ONNX Runtime's errors share no class but Exception
            message = f"the graph takes no chips of {self._side} px ({error}); correct pack.toml"
            raise FailedPrecondition("MODEL_UNSUITABLE", message) from error
        if vectors.ndim != 2:  # noqa: PLR2004 - faces, numbers
            message = f"the graph gives {vectors.shape}, no vectors; correct pack.toml"
            raise FailedPrecondition("MODEL_UNSUITABLE", message)
        return int(vectors.shape[1])

    def _takes(self, largest: int) -> bool:
        """Sets `max_batch` if batches give what single chips give; every shape that will be used is then warm."""
        chips = list(np.random.default_rng(0).integers(0, 256, (2 * largest - 1, self._side, self._side, 3), np.uint8))
        alone = self._run(chips[:2])
        self._max_batch = largest
        try:
            together = self._run(chips)[:2]
        except Exception:  # noqa: BLE001 - ONNX Runtime's errors share no class but Exception
            together = np.full_like(alone, np.inf)
        if np.abs(together - alone).max() <= _SAME * np.abs(alone).max():
            return True
        self._max_batch = 1
        return False


def batch_sizes(count: int, largest: int) -> list[int]:
    """Powers of two whose sum is `count`, none above `largest`, the large ones first.

    ONNX Runtime keeps memory for every shape that it has seen: so there are few, and nothing is computed for padding.
    """
    sizes = []
    while count:
        size = 1 << (min(count, largest).bit_length() - 1)
        sizes.append(size)
        count -= size
    return sizes


def _to_unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors to length 1; an index that took a NaN would answer nonsense to everyone, so none gets out."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        message = "the network gave a vector without direction; check the model with `sightline models verify`"
        raise Internal("EMBEDDING_UNUSABLE", message)
    return np.asarray(vectors / lengths, np.float32)
