"""The port through which faces become vectors, and the choice of the adapter that a model pack names."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.onnx_prelu import without_prelu
from sightline.chassis.pack import Pack, verify_file
from sightline.chassis.session_pool import SessionPool
from sightline.embed.arcface import ArcFace, expects_raw_pixels
from sightline.embed.dlib_resnet import DlibResNet
from sightline.embed.network import MAX_BATCH

log = structlog.get_logger()


class FaceEmbedder(Protocol):
    """Turns faces into unit vectors; one instance may be used by many threads at once."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def align(self, picture: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Cut a face out of a picture, upright and at the network's size.

        Args:
            picture: (height, width, 3) RGB.
            landmarks: (5, 2) x, y in pixels: left eye, right eye, nose tip, left and right mouth corner (left in
                the picture).

        Returns:
            The chip, (side, side, 3) RGB.

        Raises:
            InvalidInput: LANDMARKS_UNUSABLE when the points do not span a face.
        """

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Embed aligned chips.

        Returns:
            (n, dimension) unit vectors: the dot product of two is their cosine.

        Raises:
            Internal: EMBEDDING_UNUSABLE when the network gives something that is no direction.
        """


def open_embedder(pack: Pack, device: str, *, max_batch: int = MAX_BATCH, engines: Path | None = None) -> FaceEmbedder:
    """Load the embedder of a pack, after its file's hash was checked, and try it on a black chip.

    Args:
        pack: the model pack.
        device: "cpu", "cuda" or "tensorrt".
        max_batch: chips of one inference.
        engines: folder in which TensorRT keeps what it built.

    Raises:
        FailedPrecondition: MODEL_FILE_MISSING, MODEL_HASH_MISMATCH, MODEL_UNREADABLE, MODEL_UNSUITABLE,
            ONNX_EXTERNAL_DATA or DEVICE_UNAVAILABLE.
    """
    spec = pack.embedder
    file = spec.file("model")
    path = pack.path(file)
    verify_file(path, file.sha256)
    # A GPU has no branches to guess.
    edit = without_prelu if device == "cpu" else None
    session = SessionPool.open(path, device, engines=engines, edit=edit)
    embedder: FaceEmbedder
    if spec.kind == "dlib":
        embedder = DlibResNet(session, spec, max_batch=max_batch)
    else:
        takes_raw = spec.kind == "sface" or expects_raw_pixels(path.read_bytes())
        embedder = ArcFace(session, spec, raw_pixels=takes_raw, max_batch=max_batch)
    if embedder.dimension != spec.dimension:
        message = f"{path} gives {embedder.dimension} numbers, pack.toml says {spec.dimension}; correct it"
        raise FailedPrecondition("MODEL_UNSUITABLE", message)
    log.info("embedder", pack=pack.name, kind=spec.kind, device=device, embedder_id=pack.embedder_id)
    return embedder
