"""What an ONNX file is, told from its graph alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnx
from google.protobuf.message import DecodeError

from sightline.chassis.errors import InvalidInput
from sightline.chassis.pack import Precision

# An SCRFD with key points has scores, boxes and points at three strides; YuNet has objectness as well.
SCRFD_OUTPUTS = 9
YUNET_OUTPUTS = {f"{name}_{stride}" for name in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)}
ARCFACE_SIDE = 112

Kind = Literal["scrfd", "yunet", "arcface", "other"]


@dataclass(frozen=True)
class Weights:
    """One ONNX file.

    Attributes:
        size: width, height of the input; None where the graph leaves it free.
        dimension: length of an embedding; 0 for a detector.
    """

    path: Path
    kind: Kind
    size: tuple[int, int] | None
    dimension: int
    precision: Precision


def recognise(path: Path) -> Weights:
    """Read a graph and say what it is.

    Raises:
        InvalidInput: MODEL_UNREADABLE, or MODEL_UNSUPPORTED when weights lie outside the file.
    """
    graph = _read(path)
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    shape = _shape(inputs[0]) if len(inputs) == 1 else ()
    size = (shape[3], shape[2]) if len(shape) == 4 and all(shape[2:]) else None  # noqa: PLR2004 - N, C, H, W
    kind = _kind(graph, size)
    dimension = _shape(graph.output[0])[-1] if kind == "arcface" else 0
    return Weights(path, kind, size, dimension, _precision(graph))


def _read(path: Path) -> onnx.GraphProto:
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except DecodeError as error:
        raise InvalidInput("MODEL_UNREADABLE", f"{path} is no ONNX file; fetch it again") from error
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in graph.initializer):
        message = f"{path} keeps its weights in another file, which no hash would cover; save it as one file"
        raise InvalidInput("MODEL_UNSUPPORTED", message)
    return graph


def _kind(graph: onnx.GraphProto, size: tuple[int, int] | None) -> Kind:
    outputs = [value.name for value in graph.output]
    if set(outputs) == YUNET_OUTPUTS:
        return "yunet"
    if len(outputs) == SCRFD_OUTPUTS:
        return "scrfd"
    one_vector = len(outputs) == 1 and len(_shape(graph.output[0])) == 2  # noqa: PLR2004 - N, D
    return "arcface" if one_vector and size == (ARCFACE_SIDE, ARCFACE_SIDE) else "other"


def _shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    """Dimensions; 0 for a free one."""
    return tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim)


def _precision(graph: onnx.GraphProto) -> Precision:
    types = {tensor.data_type for tensor in graph.initializer}
    if types & {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}:
        return "int8"
    return "fp16" if onnx.TensorProto.FLOAT16 in types else "fp32"
