"""Graphs whose outputs mix the pictures of a batch, edited so that they take one: SCRFD as its exporter writes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack

from sightline.chassis.onnx_graph import read_graph
from sightline.chassis.wire import embed, fields, integer, rewrite

# Field numbers of onnx.proto.
_GRAPH = 7
_NODE, _INITIALIZER, _INPUT, _OUTPUT, _VALUE_INFO = 1, 5, 11, 12, 13
_NODE_INPUT, _NODE_OUTPUT, _NODE_KIND, _NODE_ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_INTS, _ATTRIBUTE_TYPE, _INTS = 1, 8, 20, 7
_VALUE_NAME, _VALUE_TYPE, _TENSOR_TYPE, _ELEMENT, _SHAPE, _DIMENSION = 1, 2, 1, 1, 2, 1
_DIMENSION_VALUE, _DIMENSION_NAME = 1, 2
_FLOAT, _INT64 = 1, 7
_TENSOR_DIMENSION, _TENSOR_KIND, _TENSOR_NAME, _TENSOR_VALUES = 1, 2, 8, 9
_BATCH_FIRST, _BATCH_THIRD = (0, 2, 3, 1), (2, 3, 0, 1)
_FREE = embed(_DIMENSION, b"")
_BATCH = embed(_DIMENSION, embed(_DIMENSION_NAME, b"batch"))


@dataclass(frozen=True)
class _Node:
    view: memoryview
    kind: str
    inputs: list[str]
    outputs: list[str]


def with_batch(model: bytes) -> bytes:
    """The model with outputs (batch, n, k) where it had (n, k), and a free first dimension of its input.

    An exporter ends each output with `Reshape(x, [-1, k])`, of (batch, n, k) or, in insightface's files, of
    (h, w, batch, n k / h w) that a transposition made, and a sigmoid may follow. The shape becomes [0, -1, k], and the
    transposition puts the batch first. Whether the rest of the graph takes a batch is for the caller to try.

    Raises:
        ValueError: the outputs do not end so; the message says which.
    """
    graph = read_graph(model)
    if any(len(output.shape) != 2 for output in graph.outputs):  # noqa: PLR2004 - (n, k)
        raise ValueError("its outputs are not all (n, k)")
    body = next(value for number, value in fields(memoryview(model)) if number == _GRAPH)
    if isinstance(body, int):
        raise ValueError("its graph is a number")  # noqa: TRY004 - what the file is, not what the caller gave
    nodes = [_node(view) for number, view in fields(body) if number == _NODE and isinstance(view, memoryview)]
    made_by = {name: node for node in nodes for name in node.outputs}
    widths = {output.name: output.shape[-1] or 0 for output in graph.outputs}
    changed: dict[str, bytes] = {}
    for name, width in widths.items():
        changed |= dict(_end(name, width, made_by))
    edits = {
        _NODE: lambda view: changed.get(_node(view).outputs[0], bytes(view)),
        _INPUT: lambda value: _batched_input(value) if _name(value) == graph.inputs[0].name else bytes(value),
        _OUTPUT: lambda value: _output(_name(value), widths[_name(value)]),
        _VALUE_INFO: lambda _: None,  # shapes that were true for one picture
    }
    shapes = b"".join(embed(_INITIALIZER, _shape(width)) for width in sorted(set(widths.values())))
    return rewrite(memoryview(model), {_GRAPH: lambda view: rewrite(view, edits) + shapes})


def _end(name: str, width: int, made_by: dict[str, _Node]) -> Iterator[tuple[str, bytes]]:
    """The nodes that change before an output, by their own first output."""
    node = made_by.get(name)
    while node and node.kind == "Sigmoid":
        node = made_by.get(node.inputs[0])
    if node is None or node.kind != "Reshape" or not width:
        message = f"its output {name} does not end in a reshape to a known width"
        raise ValueError(message)
    names = iter([node.inputs[0].encode(), _shape_name(width)])
    yield node.outputs[0], rewrite(node.view, {_NODE_INPUT: lambda _: next(names)})
    before = made_by.get(node.inputs[0])
    if before and before.kind == "Transpose" and _permutation(before) == _BATCH_THIRD:
        yield before.outputs[0], rewrite(before.view, {_NODE_ATTRIBUTE: lambda _: _batch_first()})


def _node(view: memoryview) -> _Node:
    kind = next(_texts(view, _NODE_KIND), "")
    return _Node(view, kind, list(_texts(view, _NODE_INPUT)), list(_texts(view, _NODE_OUTPUT)))


def _permutation(node: _Node) -> tuple[int, ...]:
    """The only attribute of a transposition; small numbers are one byte each, packed or not."""
    ints: list[int] = []
    for attribute in (value for number, value in fields(node.view) if number == _NODE_ATTRIBUTE):
        for number, value in fields(memoryview(b"") if isinstance(attribute, int) else attribute):
            if number == _ATTRIBUTE_INTS:
                ints += [value] if isinstance(value, int) else value
    return tuple(ints)


def _batch_first() -> bytes:
    ints = b"".join(integer(_ATTRIBUTE_INTS, axis) for axis in _BATCH_FIRST)
    return embed(_ATTRIBUTE_NAME, b"perm") + ints + integer(_ATTRIBUTE_TYPE, _INTS)


def _batched_input(value: memoryview) -> bytes:
    """A value whose first dimension is free."""
    first = iter([embed(_DIMENSION_NAME, b"batch")])
    shape = {_DIMENSION: lambda view: next(first, bytes(view))}
    tensor = {_SHAPE: lambda view: rewrite(view, shape)}
    kind = {_TENSOR_TYPE: lambda view: rewrite(view, tensor)}
    return rewrite(value, {_VALUE_TYPE: lambda view: rewrite(view, kind)})


def _output(name: str, width: int) -> bytes:
    """A value (batch, n, width) of floats."""
    shape = _BATCH + _FREE + embed(_DIMENSION, integer(_DIMENSION_VALUE, width))
    tensor = integer(_ELEMENT, _FLOAT) + embed(_SHAPE, shape)
    return embed(_VALUE_NAME, name.encode()) + embed(_VALUE_TYPE, embed(_TENSOR_TYPE, tensor))


def _shape(width: int) -> bytes:
    """The tensor [0, -1, width]: as it is, what is left, width."""
    name, values = embed(_TENSOR_NAME, _shape_name(width)), pack("<3q", 0, -1, width)
    return integer(_TENSOR_DIMENSION, 3) + integer(_TENSOR_KIND, _INT64) + name + embed(_TENSOR_VALUES, values)


def _shape_name(width: int) -> bytes:
    return f"sightline_batch_{width}".encode()


def _name(value: memoryview) -> str:
    return next(_texts(value, _VALUE_NAME), "")


def _texts(message: memoryview, wanted: int) -> Iterator[str]:
    for number, value in fields(message):
        if number == wanted and isinstance(value, memoryview):
            yield bytes(value).decode()
