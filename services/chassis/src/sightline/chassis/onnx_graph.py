"""The two facts about an ONNX file that ONNX Runtime does not tell, read from its protobuf bytes."""

from collections.abc import Iterator
from dataclasses import dataclass

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of TensorProto
_NODE_NAME = 3

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

Value = int | memoryview


@dataclass(frozen=True)
class OnnxGraph:
    """What was read.

    Attributes:
        node_names: names of the main graph's nodes, in file order.
        has_external_data: whether any tensor's values lie in another file.
    """

    node_names: tuple[str, ...]
    has_external_data: bool


def read_graph(model: bytes) -> OnnxGraph:
    """Read a serialised ModelProto without copying its tensors.

    Raises:
        ValueError: the bytes are no protobuf message.
    """
    view = memoryview(model)
    graphs = [value for field, value in _fields(view) if field == 7 and isinstance(value, memoryview)]  # noqa: PLR2004 - ModelProto.graph
    names = tuple(name for graph in graphs for name in _node_names(graph))
    return OnnxGraph(names, _is_external(view, "model"))


def _node_names(graph: memoryview) -> Iterator[str]:
    for field, node in _fields(graph):
        if field == 1 and isinstance(node, memoryview):
            found = [value for number, value in _fields(node) if number == _NODE_NAME]
            yield bytes(found[0]).decode() if found and isinstance(found[0], memoryview) else ""


def _is_external(message: memoryview, kind: str) -> bool:
    children = _CHILDREN[kind]
    for field, value in _fields(message):
        if kind == "tensor" and (field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value == 1)):
            return True
        if field in children and isinstance(value, memoryview) and _is_external(value, children[field]):
            return True
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Field numbers and values of one message (protobuf wire format)."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        value: Value
        match key & 7:
            case 0:
                value, position = _varint(message, position)
            case 1:
                value, position = message[position : position + 8], position + 8
            case 2:
                length, position = _varint(message, position)
                value, position = message[position : position + length], position + length
            case 5:
                value, position = message[position : position + 4], position + 4
            case wire_type:
                raise ValueError(f"wire type {wire_type} is not in use")
        if position > len(message):
            raise ValueError("the file ends inside a field")
        yield key >> 3, value


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """One base-128 integer and the position behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the high bit says that more follows
            return value, position
    raise ValueError("the file ends inside a number")
