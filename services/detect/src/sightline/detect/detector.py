"""The port through which faces are found, and the choice of the adapter that a model pack names."""

from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from sightline.chassis.onnx_session import open_session
from sightline.chassis.pack import Pack, verify_file
from sightline.detect.detection import Detection
from sightline.detect.mtcnn import Mtcnn
from sightline.detect.scrfd import Scrfd
from sightline.detect.yunet import YuNet

__all__ = ["Detection", "FaceDetector", "open_detector"]

log = structlog.get_logger()


class FaceDetector(Protocol):
    """Finds faces; one instance may be used by many threads at once."""

    def detect(self, picture: NDArray[np.uint8], *, min_face: int | None = None) -> list[Detection]:
        """Find the faces in a picture, the surest first.

        Args:
            picture: (height, width, 3) RGB.
            min_face: side of the smallest face that matters, in pixels; None for the pack's own.
        """


def open_detector(pack: Pack, device: str) -> FaceDetector:
    """Load the detector of a pack, after its files' hashes were checked.

    Args:
        pack: the model pack.
        device: "cpu" or "cuda".

    Raises:
        FailedPrecondition: MODEL_FILE_MISSING, MODEL_HASH_MISMATCH, MODEL_UNREADABLE, MODEL_UNSUITABLE,
            ONNX_EXTERNAL_DATA or DEVICE_UNAVAILABLE.
    """
    spec = pack.detector
    for file in spec.files:
        verify_file(pack.path(file), file.sha256)
    sessions = {file.role: open_session(pack.path(file), device) for file in spec.files}
    log.info("detector", pack=pack.name, kind=spec.kind, device=device)
    if spec.kind == "mtcnn":
        return Mtcnn(sessions["pnet"], sessions["rnet"], sessions["onet"], spec.min_face, spec.score_threshold)
    adapter = Scrfd if spec.kind == "scrfd" else YuNet
    return adapter(sessions["model"], spec.input_size or (640, 640), spec.score_threshold)
