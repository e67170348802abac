"""A small ONNX graph under construction."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

# Old enough for every runtime in use, new enough for all that these networks need.
OPSET = 13
IR_VERSION = 7

Floats = NDArray[np.float32]
Shape = Sequence[int | str]


class Graph:
    """Nodes and weights in the order of their adding; names are counted, so that a build repeats exactly."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def weight(self, array: NDArray[Any]) -> str:
        """Add a constant; returns the name of its value."""
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, op: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node with one output; returns the name of its value."""
        name = output or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def model(self, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> bytes:
        """The finished file; all inputs and outputs are float32, a shape's strings are free dimensions."""
        graph = helper.make_graph(self._nodes, self._name, _values(inputs), _values(outputs), self._weights)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="sightline")
        onnx.checker.check_model(model)
        written: bytes = model.SerializeToString(deterministic=True)
        return written


def _values(shapes: Mapping[str, Shape]) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, list(s)) for n, s in shapes.items()]
