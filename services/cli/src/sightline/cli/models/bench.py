"""How fast a pack's networks run on this machine: the networks alone, the floor below which no service can come.

Not measured: decoding of pictures, alignment of faces, transport, and MTCNN's cascade, whose work depends on the
picture; `make bench-inference` measures the services.
"""

import contextlib
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import ModelFile, Pack, Size

WARM_UP = 3
# Of MTCNN's networks: one level of the image pyramid, then one candidate at a time.
MTCNN_INPUTS: dict[str, tuple[Size, str]] = {
    "pnet": ((640, 480), "level of 640 x 480"),
    "rnet": ((24, 24), "candidate"),
    "onet": ((48, 48), "candidate"),
}


@dataclass(frozen=True)
class Timing:
    """One network.

    Attributes:
        per: what one run is for; an embedder that adds the mirrored chip runs both for a face.
        milliseconds: median of the runs.
    """

    file: str
    per: str
    milliseconds: float
    runs: int


@dataclass(frozen=True)
class _Plan:
    file: ModelFile
    batch: int
    size: Size
    per: str


def bench(pack: Pack, device: str, runs: int) -> list[Timing]:
    """Time every network of a pack, after its files were checked.

    Raises:
        FailedPrecondition: RUNTIME_MISSING without ONNX Runtime; as `Pack.verify` and `open_session`.
    """
    if find_spec("onnxruntime") is None:
        message = "ONNX Runtime is not installed beside this command; run it where detect or embed is installed"
        raise FailedPrecondition("RUNTIME_MISSING", message)
    pack.verify()
    # What sessions log would stand in the way of --json.
    with contextlib.redirect_stdout(sys.stderr):
        return [_time(pack, plan, device, runs) for plan in _plans(pack)]


def _plans(pack: Pack) -> Iterator[_Plan]:
    for file in pack.detector.files:
        size, per = MTCNN_INPUTS.get(file.role, (pack.detector.input_size or (640, 640), "picture"))
        yield _Plan(file, 1, size, per)
    batch = 2 if pack.embedder.mirror else 1
    yield _Plan(pack.embedder.file("model"), batch, pack.embedder.input_size, "face")


def _time(pack: Pack, plan: _Plan, device: str, runs: int) -> Timing:
    from sightline.chassis.onnx_session import open_session  # noqa: PLC0415 - only here is the runtime needed

    session: Any = open_session(pack.path(plan.file), device)
    width, height = plan.size
    picture = {session.get_inputs()[0].name: np.zeros((plan.batch, 3, height, width), np.float32)}
    seconds = [_one_run(session, picture) for _ in range(WARM_UP + runs)][WARM_UP:]
    return Timing(plan.file.path, plan.per, round(statistics.median(seconds) * 1000, 2), runs)


def _one_run(session: Any, picture: dict[str, Any]) -> float:
    begin = time.perf_counter()
    session.run(None, picture)
    return time.perf_counter() - begin
