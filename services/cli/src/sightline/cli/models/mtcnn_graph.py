"""MTCNN's three networks as ONNX (Zhang et al., 2016, arXiv:1604.02878; weights of the package `mtcnn`)."""

from collections.abc import Iterator, Sequence

from sightline.chassis.errors import InvalidInput
from sightline.cli.models.graph import Floats, Graph

# Convolution, then PReLU, then perhaps a pool: (kernel, rounds up). Pools have stride 2, convolutions 1.
Pool = tuple[int, bool] | None
TRUNKS: dict[str, tuple[Pool, ...]] = {
    "pnet": ((2, True), None, None),
    "rnet": ((3, True), (3, False), None),
    "onet": ((3, True), (3, False), (2, True), None),
}
SIDES = {"rnet": 24, "onet": 48}
HEADS = {"rnet": {"reg": 4, "prob": 2}, "onet": {"reg": 4, "lmk": 10, "prob": 2}}


def mtcnn_onnx(network: str, arrays: Sequence[Floats]) -> bytes:
    """The ONNX file of pnet, rnet or onet.

    Input `input` (n,3,h,w): RGB, (x - 127.5) / 128; h and w are 24 for rnet, 48 for onet, free for pnet.
    Outputs `reg` (n,4): x1, y1, x2, y2 relative to the box; `prob` (n,2): no face, face; onet's `lmk` (n,10):
    five x, then five y. pnet's are (n,4,oh,ow) and (n,2,oh,ow).

    Raises:
        InvalidInput: WEIGHTS_INVALID when the arrays are not this network's.
    """
    graph = Graph(f"mtcnn_{network}")
    left = iter(arrays)
    try:
        value = _trunk(graph, left, TRUNKS[network])
        if network == "pnet":
            return _pnet(graph, left, value)
        return _dense(graph, left, value, network)
    except (StopIteration, ValueError) as error:
        raise InvalidInput("WEIGHTS_INVALID", f"the weights are not those of {network}") from error


def _trunk(graph: Graph, left: Iterator[Floats], pools: Sequence[Pool]) -> str:
    value = "input"
    for pool in pools:
        value = _prelu(graph, left, _conv(graph, left, value), (-1, 1, 1))
        if pool:
            kernel, up = pool
            value = graph.add("MaxPool", value, kernel_shape=[kernel, kernel], strides=[2, 2], ceil_mode=int(up))
    return value


def _pnet(graph: Graph, left: Iterator[Floats], value: str) -> bytes:
    _conv(graph, left, value, output="reg")
    graph.add("Softmax", _conv(graph, left, value), output="prob", axis=1)
    return graph.model({"input": ("n", 3, "h", "w")}, {"reg": ("n", 4, "oh", "ow"), "prob": ("n", 2, "oh", "ow")})


def _dense(graph: Graph, left: Iterator[Floats], value: str, network: str) -> bytes:
    # The dense weights were trained on (width, height, channel) planes; another order runs and finds nothing.
    value = graph.add("Flatten", graph.add("Transpose", value, perm=[0, 3, 2, 1]), axis=1)
    value = _prelu(graph, left, _gemm(graph, left, value), (-1,))
    for name in HEADS[network]:
        if name == "prob":
            graph.add("Softmax", _gemm(graph, left, value), output=name, axis=1)
        else:
            _gemm(graph, left, value, output=name)
    side = SIDES[network]
    return graph.model({"input": ("n", 3, side, side)}, {name: ("n", width) for name, width in HEADS[network].items()})


def _conv(graph: Graph, left: Iterator[Floats], value: str, output: str = "") -> str:
    kernel, bias = next(left).transpose(3, 2, 0, 1), next(left)
    return graph.add("Conv", value, graph.weight(kernel), graph.weight(bias), output=output)


def _gemm(graph: Graph, left: Iterator[Floats], value: str, output: str = "") -> str:
    return graph.add("Gemm", value, graph.weight(next(left)), graph.weight(next(left)), output=output)


def _prelu(graph: Graph, left: Iterator[Floats], value: str, shape: tuple[int, ...]) -> str:
    return graph.add("PRelu", value, graph.weight(next(left).reshape(shape)))
