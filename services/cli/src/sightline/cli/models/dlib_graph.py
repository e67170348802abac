"""dlib's face ResNet as ONNX: each affine is folded into the convolution before it."""

from collections.abc import Sequence

import numpy as np

from sightline.cli.models.dlib_weights import INPUT_SIDE, MEAN, Layer
from sightline.cli.models.graph import Graph

Plane = tuple[int, int, int]  # channels, rows, columns


def dlib_onnx(layers: Sequence[Layer]) -> bytes:
    """The ONNX file of the network.

    Input `data` (n,3,150,150): RGB 0..255. Output `fc1` (n,128), not of unit length.
    """
    forward = _Forward()
    for layer in layers:
        forward.step(layer)
    return forward.finish()


class _Forward:
    """One pass from the input to the output, with the shape of the plane that each value has."""

    def __init__(self) -> None:
        self._graph = Graph("dlib_face_resnet_v1")
        mean = self._graph.weight(np.array(MEAN, np.float32).reshape(1, 3, 1, 1))
        value = self._graph.add("Sub", "data", mean)
        self._value = self._graph.add("Div", value, self._graph.weight(np.array([256], np.float32)))
        self._plane: Plane = (3, INPUT_SIDE, INPUT_SIDE)
        self._marks: dict[str, tuple[str, Plane]] = {}
        self._con = Layer("con")

    def step(self, layer: Layer) -> None:
        match layer.kind:
            case "con":
                self._con = layer  # written with the affine that follows every convolution
            case "affine":
                self._convolve(layer)
            case "relu":
                self._value = self._graph.add("Relu", self._value)
            case "tag1" | "tag2" as mark:
                self._marks[mark] = self._value, self._plane
            case "skip1":
                self._value, self._plane = self._marks["tag1"]
            case "add1" | "add2" as add:
                self._add(*self._marks["tag" + add[-1]])
            case "max_pool" | "avg_pool":
                self._pool(layer)
            case _:
                self._value = self._graph.add("Flatten", self._value, axis=1)
                self._graph.add("MatMul", self._value, self._graph.weight(layer.weights[0]), output="fc1")
                self._plane = (layer.weights[0].shape[1], 1, 1)

    def finish(self) -> bytes:
        shape = ("n", 3, INPUT_SIDE, INPUT_SIDE)
        return self._graph.model({"data": shape}, {"fc1": ("n", self._plane[0])})

    def _convolve(self, affine: Layer) -> None:
        (filters, bias), (gamma, beta) = self._con.weights, affine.weights
        weight = self._graph.weight(filters * gamma[:, None, None, None])
        folded = self._graph.weight(bias * gamma + beta)
        self._slide("Conv", self._con.window, weight, folded)
        self._plane = (len(filters), *self._plane[1:])

    def _pool(self, layer: Layer) -> None:
        if layer.window[:2] == (0, 0):  # dlib's way to say: the whole plane
            self._value = self._graph.add("GlobalAveragePool", self._value)
            self._plane = (self._plane[0], 1, 1)
        else:
            self._slide("MaxPool" if layer.kind == "max_pool" else "AveragePool", layer.window)

    def _slide(self, op: str, window: tuple[int, ...], *weights: str) -> None:
        rows, columns, down, across, top, left = window
        self._value = self._graph.add(
            op,
            self._value,
            *weights,
            kernel_shape=[rows, columns],
            strides=[down, across],
            pads=[top, left, top, left],
        )
        channels, height, width = self._plane
        self._plane = (
            channels,
            (height + 2 * top - rows) // down + 1,
            (width + 2 * left - columns) // across + 1,
        )

    def _add(self, other: str, plane: Plane) -> None:
        """Planes of unequal shape are added as if the smaller one went on with zeros, as in dlib."""
        largest = max(self._plane[0], plane[0]), max(self._plane[1], plane[1]), max(self._plane[2], plane[2])
        left, right = self._padded(self._value, self._plane, largest), self._padded(other, plane, largest)
        self._value, self._plane = self._graph.add("Add", left, right), largest

    def _padded(self, value: str, plane: Plane, target: Plane) -> str:
        after = [wanted - present for wanted, present in zip(target, plane, strict=True)]
        if not any(after):
            return value
        return self._graph.add("Pad", value, self._graph.weight(np.array([0, 0, 0, 0, 0, *after], np.int64)))
