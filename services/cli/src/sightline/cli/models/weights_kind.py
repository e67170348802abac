"""What an ONNX file is, told from its graph alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnx
from google.protobuf.message import DecodeError

from sightline.chassis.errors import InvalidInput
from sightline.chassis.pack import Precision
from sightline.chassis.pack_graphs import SCRFD_WIDTHS, YUNET_OUTPUTS

ARCFACE_SIDE = 112
SCRFD_PARTS = 3  # scores, boxes and key points

Kind = Literal["scrfd", "yunet", "arcface", "other"]


@dataclass(frozen=True)
class Weights:
    """One ONNX file.

    Attributes:
        size: width, height of the input; None where the graph leaves it free.
        dimension: length of an embedding; 0 for a detector.
        has_points: whether a detector gives the key points by which a face is aligned.
    """

    path: Path
    kind: Kind
    size: tuple[int, int] | None
    dimension: int
    precision: Precision
    has_points: bool


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
    has_points = kind == "yunet" or (kind == "scrfd" and len(SCRFD_WIDTHS[len(graph.output)]) == SCRFD_PARTS)
    return Weights(path, kind, size, dimension, _precision(graph), has_points)


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
    if len(outputs) in SCRFD_WIDTHS:
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
