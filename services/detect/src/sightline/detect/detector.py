"""The port through which faces are found, and the choice of the adapter that a model pack names."""

from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.onnx_prelu import without_prelu
from sightline.chassis.pack import Pack, verify_file
from sightline.chassis.pack_graphs import verify_graph
from sightline.chassis.session_pool import SessionPool
from sightline.detect.detection import Detection
from sightline.detect.engine import Engine
from sightline.detect.grid_detector import GridDetector
from sightline.detect.mtcnn import Mtcnn
from sightline.detect.plan import scrfd_plan, yunet_plan
from sightline.detect.profile import Profile
from sightline.detect.scrfd import Scrfd
from sightline.detect.window import Size
from sightline.detect.yunet import YuNet

__all__ = ["Detection", "FaceDetector", "open_detector"]

log = structlog.get_logger()

_DEFAULT_INPUT = (640, 640)


class FaceDetector(Protocol):
    """Finds faces; one instance may be used by many threads at once."""

    def detect(
        self,
        picture: NDArray[np.uint8],
        *,
        min_face: int | None = None,
        profile: Profile = Profile.DEFAULT,
        unsure: bool = False,
        trim: bool = False,
    ) -> list[Detection]:
        """Find the faces in a picture, the surest first.

        Args:
            picture: (height, width, 3) RGB.
            min_face: side of the smallest face that matters, in pixels; None for the pack's own.
            profile: at how many sizes to look; MTCNN looks at all of them in any.
            unsure: give also faces that score less than the pack's threshold, and smaller ones that were found anyway.
            trim: leave away the black beside the picture in the network's input, where it takes inputs of every shape.
                Scores then differ a little from those of other programs, which fill up a square.

        Raises:
            InvalidInput: PROFILE_UNSUPPORTED where the detector cannot look so.
        """

    def useful_scale(self, size: Size, *, min_face: int | None = None, profile: Profile = Profile.DEFAULT) -> float:
        """To which scale a picture of this width and height may be reduced before anything is lost to `detect`."""


def open_detector(pack: Pack, engine: Engine) -> FaceDetector:
    """Load the detector of a pack, after its files' hashes were checked.

    Args:
        pack: the model pack.
        engine: what it runs on.

    Raises:
        FailedPrecondition: MODEL_FILE_MISSING, MODEL_HASH_MISMATCH, MODEL_UNREADABLE, MODEL_UNSUITABLE,
            ONNX_EXTERNAL_DATA or DEVICE_UNAVAILABLE.
    """
    spec = pack.detector
    for file in spec.files:
        verify_file(pack.path(file), file.sha256)
        verify_graph(pack, file)
    detector = _open_mtcnn(pack, engine) if spec.kind == "mtcnn" else _open_grid(pack, engine)
    log.info("detector", pack=pack.name, kind=spec.kind, device=engine.device, max_batch=engine.batch)
    return detector


def _open_mtcnn(pack: Pack, engine: Engine) -> Mtcnn:
    spec = pack.detector
    edit = without_prelu if engine.device == "cpu" else None
    # Its pyramid has other sizes for each picture.
    pnet, rnet, onet = (
        engine.open(pack.path(spec.file(role)), edit=edit, arena=False) for role in ("pnet", "rnet", "onet")
    )
    return Mtcnn(pnet, rnet, onet, spec.min_face, spec.score_threshold)


def _open_grid(pack: Pack, engine: Engine) -> GridDetector:
    spec = pack.detector
    wanted = spec.input_size or _DEFAULT_INPUT
    pool, batch = engine.open_batched(pack.path(spec.file("model")), wanted)
    fixed = _fixed_size(pool)
    size, is_fixed = fixed or wanted, fixed is not None
    is_scrfd = spec.kind == "scrfd"
    network = (Scrfd if is_scrfd else YuNet)(pool, spec.score_threshold, batch)
    if any(side % network.stride for side in size):
        raise FailedPrecondition("MODEL_UNSUITABLE", f"input_size {size} is no multiple of {network.stride}")
    return GridDetector(
        network,
        (scrfd_plan if is_scrfd else yunet_plan)(size, spec.min_face, is_fixed=is_fixed),
        limit=engine.batch,
        linger=engine.linger,
        places=pool.size,
        enlarge=is_scrfd,
        is_fixed=is_fixed,
    )


def _fixed_size(pool: SessionPool) -> Size | None:
    """Width, height of the only input that a graph takes; None where it takes many."""
    *_, height, width = pool.get_inputs()[0].shape
    return (width, height) if isinstance(height, int) and isinstance(width, int) else None
