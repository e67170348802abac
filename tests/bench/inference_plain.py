"""The anchors: ONNX Runtime alone on prepared tensors, and insightface's FaceAnalysis on the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

# Our module first: it keeps ONNX Runtime from reporting to its maker.
from inference_clock import Contender
from inference_material import DETECTOR, EMBEDDER, SIDE

from sightline.chassis.onnx_session import Session, onnxruntime

if TYPE_CHECKING:
    from pathlib import Path

    from insightface.app import FaceAnalysis
    from numpy.typing import NDArray

THREADS = 2
BARE_PICTURES = 24
BARE_FACES = 128
BATCHES = (1, 16)
CHIP = 112


def bare_detectors() -> list[Contender]:
    """`session.run` on one 640 x 640 picture after the other, with and without threads that spin."""
    tensor = _tensor(1, SIDE)
    return [_bare("bare detect", DETECTOR, tensor, BARE_PICTURES, spins) for spins in (True, False)]


def bare_embedders() -> list[Contender]:
    """`session.run` on chips one by one and in batches, with and without threads that spin."""
    every = [(size, spins) for size in BATCHES for spins in (True, False)]
    return [_bare("bare embed", EMBEDDER, _tensor(size, CHIP), BARE_FACES // size, spins) for size, spins in every]


def face_analysis(pack: Path, pictures: list[NDArray[np.uint8]]) -> Contender:
    """FaceAnalysis.get on decoded pictures, one after the other, as its users call it."""
    from insightface.app import FaceAnalysis  # noqa: PLC0415 - it must come after our import of ONNX Runtime

    analysis = FaceAnalysis(str(pack), allowed_modules=["detection", "recognition"], providers=["CPUExecutionProvider"])
    analysis.prepare(0)
    views = [np.ascontiguousarray(picture[:, :, ::-1]) for picture in pictures]

    async def run() -> int:
        return sum(_analysed(analysis, view) for view in views)

    does = "decoded pictures; looks at 128 and 640 (its default), ONNX Runtime's own threads; each face on its own"
    return Contender("FaceAnalysis.get", does, run)


def _analysed(analysis: FaceAnalysis, view: NDArray[np.uint8]) -> int:
    analysis.get(view)
    return 1


def _bare(name: str, model: Path, tensor: NDArray[np.float32], times: int, spins: bool) -> Contender:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
    session: Session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed: dict[str, Any] = {session.get_inputs()[0].name: tensor}

    async def run() -> int:
        for _ in range(times):
            session.run(None, feed)
        return times * len(tensor)

    manner = "spinning (default)" if spins else "not spinning"
    does = f"session.run on prepared {list(tensor.shape)}; {THREADS} threads, {manner}"
    return Contender(f"{name}, batch {len(tensor)}, {'spin' if spins else 'no spin'}", does, run)


def _tensor(size: int, side: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).random((size, 3, side, side), np.float32)
