"""The layers of dlib's face recognition ResNet v1, read from its .dat file.

The file nests: the record of a layer holds the record of the layer below it, then its own details. So it
begins with the versions of all layers from the output to the input, and the details follow from the input to
the output.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sightline.cli.models.dlib_encoding import DlibReader
from sightline.cli.models.graph import Floats

PLAIN = ("relu", "add1", "affine", "con", "relu", "affine", "con", "tag1")
DOWN = ("relu", "add2", "avg_pool", "skip1", "tag2", "affine", "con", "relu", "affine", "con", "tag1")
# Residual units from the output inwards, by their number of filters: 256 | 256 | 128 | 64 | 32.
UNITS = (DOWN, PLAIN, PLAIN, DOWN, PLAIN, PLAIN, DOWN, PLAIN, PLAIN, PLAIN, DOWN, PLAIN, PLAIN, PLAIN)
LAYERS = ("fc", "avg_pool", *(layer for unit in UNITS for layer in unit), "max_pool", "relu", "affine", "con")
MARKS = {"tag1", "tag2", "skip1"}
INPUT_SIDE = 150
MEAN = (122.782, 117.001, 104.298)
NO_BIAS = 1


@dataclass(frozen=True)
class Layer:
    """One layer of the network.

    Attributes:
        kind: con, affine, relu, add1, add2, max_pool, avg_pool, fc, or a mark: tag1, tag2, skip1.
        window: rows, columns, row stride, column stride, row padding, column padding.
        weights: con: (out, in, rows, columns) and (out,); affine: gamma and beta, (c,); fc: (in, out).
    """

    kind: str
    window: tuple[int, ...] = ()
    weights: tuple[Floats, ...] = field(default=(), repr=False)


def read_dlib_resnet(data: bytes) -> list[Layer]:
    """The layers from the input to the output.

    Raises:
        InvalidInput: WEIGHTS_INVALID, with the byte, when the file is not exactly this network.
    """
    reader = DlibReader(data)
    _read_loss(reader)
    for kind in LAYERS[:-1]:
        reader.expect(1 if kind in MARKS else 2, f"the version of {kind}")
    reader.expect(3, "the version of the first layer")
    _read_input(reader)
    layers = [_read_layer(reader, kind, first=place == 0) for place, kind in enumerate(reversed(LAYERS))]
    if reader.at != len(data):
        raise reader.wrong(f"{len(data) - reader.at} bytes follow the network")
    return layers


def _read_loss(reader: DlibReader) -> None:
    reader.expect(1, "the version of the loss")
    reader.expect_name("loss_metric_2")
    reader.floating()
    reader.floating()


def _read_input(reader: DlibReader) -> None:
    reader.expect_name("input_rgb_image_sized")
    mean = tuple(round(reader.floating(), 3) for _ in range(3))
    if mean != MEAN or reader.integers(2) != [INPUT_SIDE, INPUT_SIDE]:
        raise reader.wrong(f"the input is not {INPUT_SIDE} x {INPUT_SIDE} with mean {MEAN}")


def _read_layer(reader: DlibReader, kind: str, *, first: bool) -> Layer:
    if kind in MARKS:
        return Layer(kind)
    layer = DETAILS[kind](reader, kind)
    for _ in range(3):
        reader.boolean()
    for _ in range(3):
        if reader.tensor().size:
            raise reader.wrong("training state, expected none")
    if first:
        reader.integer()
    return layer


def _read_con(reader: DlibReader, kind: str) -> Layer:
    reader.expect_name("con_4")
    params = reader.tensor().ravel()
    filters, *window = reader.integers(7)
    shape, bias = reader.alias(), reader.alias()
    _read_training(reader)
    if shape[0] != filters or shape[2:] != window[:2] or bias != [1, filters, 1, 1]:
        raise reader.wrong(f"a convolution of shape {shape} with {filters} filters")
    split = params.size - filters
    return Layer(kind, tuple(window), (_shaped(reader, params[:split], *shape), params[split:]))


def _read_affine(reader: DlibReader, kind: str) -> Layer:
    reader.expect_name("affine_")
    params = reader.tensor().ravel()
    reader.alias()
    reader.alias()
    reader.expect(0, "the mode of affine_")
    gamma, beta = _shaped(reader, params, 2, params.size // 2)
    return Layer(kind, (), (gamma, beta))


def _read_fc(reader: DlibReader, kind: str) -> Layer:
    reader.expect_name("fc_2")
    outputs, inputs = reader.integers(2)
    params = reader.tensor()
    reader.alias()
    reader.alias()
    reader.expect(NO_BIAS, "the bias mode of fc_2")
    _read_training(reader)
    return Layer(kind, (), (_shaped(reader, params, inputs, outputs),))


def _read_pool(reader: DlibReader, kind: str) -> Layer:
    reader.expect_name(f"{kind}_2")
    return Layer(kind, tuple(reader.integers(6)))


def _read_name(reader: DlibReader, kind: str) -> Layer:
    reader.expect_name({"relu": "relu_", "add1": "add_prev_", "add2": "add_prev_"}[kind])
    return Layer(kind)


def _read_training(reader: DlibReader) -> None:
    for _ in range(4):
        reader.floating()


def _shaped(reader: DlibReader, params: Floats, *shape: int) -> Floats:
    try:
        return params.reshape(shape)
    except ValueError as error:
        raise reader.wrong(f"{params.size} weights for the shape {shape}") from error


DETAILS: dict[str, Callable[[DlibReader, str], Layer]] = {
    "con": _read_con,
    "affine": _read_affine,
    "fc": _read_fc,
    "max_pool": _read_pool,
    "avg_pool": _read_pool,
    "relu": _read_name,
    "add1": _read_name,
    "add2": _read_name,
}
