"""The anchors: ONNX Runtime alone on prepared tensors, and insightface's FaceAnalysis on the same pictures."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from inference_clock import Contender
from inference_material import DETECTOR, EMBEDDER, SIDE

# Our module first: it keeps ONNX Runtime from reporting to its maker.
from sightline.chassis.onnx_session import Session, onnxruntime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from insightface.app import FaceAnalysis
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Tensor = NDArray[np.float32]

THREADS = 2
BARE_FACES = 128
BATCHES = (1, 16)


def open_analysis(pack: Path) -> FaceAnalysis:
    """Insightface's own pipeline with the pack's two networks, as its users open it: looks at 128 and at 640."""
    from insightface.app import FaceAnalysis  # noqa: PLC0415 - it must come after our import of ONNX Runtime

    modules = ["detection", "recognition"]
    analysis = FaceAnalysis(str(pack), allowed_modules=modules, providers=["CPUExecutionProvider"])
    analysis.prepare(0)
    return analysis


def bare_detectors(pictures: Sequence[Picture]) -> list[Contender]:
    """`session.run` on one 640 x 640 picture after the other, with and without threads that spin."""
    views = [cv2.resize(picture, (SIDE, SIDE)) for picture in pictures]
    tensors = [cv2.dnn.blobFromImage(view, 1 / 128, (SIDE, SIDE), (127.5,) * 3) for view in views]
    return [_bare("bare detect", DETECTOR, tensors, spins=spins) for spins in (True, False)]


def bare_embedders(analysis: FaceAnalysis, pictures: Sequence[Picture]) -> list[Contender]:
    """`session.run` on real chips, one by one and in batches, with and without threads that spin.

    Real ones: PRelu's time depends on the numbers; random ones of 0..1 take a third less.
    """
    chips = list(chain.from_iterable(_chips(analysis, picture) for picture in pictures))
    chips = (chips * (BARE_FACES // len(chips) + 1))[:BARE_FACES]
    contenders = []
    for size in BATCHES:
        tensors = [cv2.dnn.blobFromImages(chips[i : i + size], 1.0) for i in range(0, BARE_FACES, size)]
        contenders += [_bare("bare embed", EMBEDDER, tensors, spins=spins) for spins in (True, False)]
    return contenders


def analysing(analysis: FaceAnalysis, pictures: Sequence[Picture]) -> Contender:
    """FaceAnalysis.get on decoded pictures, one after the other."""
    views = [_bgr(picture) for picture in pictures]

    async def run() -> int:
        for view in views:
            analysis.get(view)
        return len(views)

    does = "decoded pictures; looks at 128 and 640 (its default), ONNX Runtime's own threads; each face on its own"
    return Contender("FaceAnalysis.get", does, run)


def _chips(analysis: FaceAnalysis, picture: Picture) -> list[Picture]:
    """(112, 112, 3) RGB, aligned."""
    from insightface.utils.face_align import norm_crop  # noqa: PLC0415 - as in open_analysis

    return [norm_crop(picture, face.kps) for face in analysis.get(_bgr(picture))]


def _bgr(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, :, ::-1])


def _bare(name: str, model: Path, tensors: Sequence[Tensor], *, spins: bool) -> Contender:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
    session: Session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0].name
    feeds: list[dict[str, Any]] = [{taken: tensor} for tensor in tensors]

    async def run() -> int:
        for feed in feeds:
            session.run(None, feed)
        return sum(map(len, tensors))

    shape = "x".join(map(str, tensors[0].shape))
    manner = "spinning (default)" if spins else "not spinning"
    does = f"session.run on prepared {shape}; {THREADS} threads, {manner}"
    return Contender(f"{name}, batch {len(tensors[0])}, {'spin' if spins else 'no spin'}", does, run)
