"""What an ONNX file says about itself, read from its protobuf bytes: no ONNX library is needed, no tensor is copied."""

from collections.abc import Iterator
from dataclasses import dataclass

from sightline.chassis.wire import fields

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of TensorProto
_NODE_NAME = 3
_NODE, _INITIALIZER, _INPUT, _OUTPUT = 1, 5, 11, 12  # fields of GraphProto
_TENSOR_NAME, _VALUE_NAME = 8, 1
# ValueInfoProto.type, TypeProto.tensor_type, TypeProto.Tensor.shape.
_TO_SHAPE = (2, 1, 2)
_DIMENSION, _DIMENSION_VALUE = 1, 1

# Which fields of a message hold which messages: the paths to every tensor (onnx.proto, field numbers).
_CHILDREN: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "function": {7: "node"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}


@dataclass(frozen=True)
class OnnxValue:
    """An input or output of a graph.

    Attributes:
        shape: its dimensions, None for a free one; empty where the file does not say.
    """

    name: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class OnnxGraph:
    """What was read.

    Attributes:
        node_names: names of the main graph's nodes, in file order.
        has_external_data: whether any tensor's values lie in another file.
        inputs: what a caller has to give, without the weights that old files list among them.
        outputs: what comes out.
    """

    node_names: tuple[str, ...]
    has_external_data: bool
    inputs: tuple[OnnxValue, ...] = ()
    outputs: tuple[OnnxValue, ...] = ()


def read_graph(model: bytes) -> OnnxGraph:
    """Read a serialised ModelProto without copying its tensors.

    Raises:
        ValueError: the bytes are no protobuf message.
    """
    view = memoryview(model)
    graph = next(_messages(view, 7), memoryview(b""))  # ModelProto.graph
    names = tuple(_text(node, _NODE_NAME) for node in _messages(graph, _NODE))
    weights = {_text(tensor, _TENSOR_NAME) for tensor in _messages(graph, _INITIALIZER)}
    inputs = tuple(value for value in _values(graph, _INPUT) if value.name not in weights)
    return OnnxGraph(names, _is_external(view, "model"), inputs, tuple(_values(graph, _OUTPUT)))


def _values(graph: memoryview, kind: int) -> Iterator[OnnxValue]:
    for value in _messages(graph, kind):
        shape = value
        for field in _TO_SHAPE:
            shape = next(_messages(shape, field), memoryview(b""))
        yield OnnxValue(_text(value, _VALUE_NAME), tuple(_length(each) for each in _messages(shape, _DIMENSION)))


def _length(dimension: memoryview) -> int | None:
    """A dimension's length; None where it is named or, as some exporters write it, zero or negative."""
    found = [value for field, value in fields(dimension) if field == _DIMENSION_VALUE and isinstance(value, int)]
    return found[0] if found and 0 < found[0] < 1 << 63 else None


def _messages(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """The embedded messages of one field."""
    return (value for field, value in fields(message) if field == wanted and isinstance(value, memoryview))


def _text(message: memoryview, wanted: int) -> str:
    return bytes(next(_messages(message, wanted), b"")).decode()


def _is_external(message: memoryview, kind: str) -> bool:
    children = _CHILDREN[kind]
    for field, value in fields(message):
        if kind == "tensor" and (field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value == 1)):
            return True
        if field in children and isinstance(value, memoryview) and _is_external(value, children[field]):
            return True
    return False
