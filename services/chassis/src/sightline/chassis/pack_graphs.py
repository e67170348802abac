"""Whether the graphs of a pack take and give what its manifest says, told without an inference runtime."""

from collections.abc import Iterator
from pathlib import Path

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.onnx_graph import OnnxGraph, OnnxValue, read_graph
from sightline.chassis.pack import DetectorSpec, EmbedderSpec, ModelFile, Pack, Size

# Scores and boxes, or scores, boxes and five key points, at three or at five strides (insightface's scrfd.py).
SCRFD_WIDTHS = {6: (1, 4), 9: (1, 4, 10), 10: (1, 4), 15: (1, 4, 10)}
YUNET_OUTPUTS = frozenset(f"{name}_{stride}" for name in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32))
MTCNN_SIDES: dict[str, Size | None] = {"pnet": None, "rnet": (24, 24), "onet": (48, 48)}
MTCNN_OUTPUTS = {"pnet": {"reg", "prob"}, "rnet": {"reg", "prob"}, "onet": {"reg", "prob", "lmk"}}
_PICTURE_RANK, _CHANNELS = 4, 3


def verify_graphs(pack: Pack) -> None:
    """Check every graph of a pack against its manifest.

    Raises:
        FailedPrecondition: MODEL_FILE_MISSING, MODEL_UNREADABLE, ONNX_EXTERNAL_DATA or MODEL_UNSUITABLE, with the file
            and what is wrong with it.
    """
    for file in pack.files:
        verify_graph(pack, file)


def verify_graph(pack: Pack, file: ModelFile) -> None:
    """Check one graph of a pack, as `verify_graphs`."""
    path = pack.path(file)
    graph = load_graph(path)
    is_detector = file in pack.detector.files
    wrong = _detector(pack.detector, file.role, graph) if is_detector else _embedder(pack.embedder, graph)
    for sentence in wrong:
        message = f"{path} does not fit its pack: {sentence}; choose another file or correct pack.toml"
        raise FailedPrecondition("MODEL_UNSUITABLE", message)


def load_graph(path: Path) -> OnnxGraph:
    """Read a file's graph.

    Raises:
        FailedPrecondition: MODEL_FILE_MISSING, MODEL_UNREADABLE or ONNX_EXTERNAL_DATA.
    """
    try:
        graph = read_graph(path.read_bytes())
    except ValueError as error:
        raise FailedPrecondition("MODEL_UNREADABLE", f"{path} is no ONNX file: {error}; fetch it again") from error
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); pull the pack again"
        raise FailedPrecondition("MODEL_FILE_MISSING", message) from error
    if graph.has_external_data:
        message = f"{path} keeps weights in other files, which no hash covers; save it as one file"
        raise FailedPrecondition("ONNX_EXTERNAL_DATA", message)
    return graph


def _detector(spec: DetectorSpec, role: str, graph: OnnxGraph) -> Iterator[str]:
    """Sentences on what is wrong."""
    names = {value.name for value in graph.outputs}
    if spec.kind == "mtcnn":
        yield from _picture(graph, MTCNN_SIDES[role])
        if names != MTCNN_OUTPUTS[role]:
            yield f"{role} gives {sorted(MTCNN_OUTPUTS[role])}, not {sorted(names)}"
        return
    yield from _picture(graph, spec.input_size)
    if spec.kind == "yunet" and names != YUNET_OUTPUTS:
        yield f"YuNet has the outputs cls, obj, bbox and kps at the strides 8, 16 and 32, not {sorted(names)}"
    if spec.kind == "scrfd":
        yield from _scrfd(graph.outputs)


def _scrfd(outputs: tuple[OnnxValue, ...]) -> Iterator[str]:
    widths = SCRFD_WIDTHS.get(len(outputs))
    if widths is None:
        yield f"SCRFD has 6, 9, 10 or 15 outputs, not {len(outputs)}"
        return
    expected = [width for width in widths for _ in range(len(outputs) // len(widths))]
    for value, width in zip(outputs, expected, strict=True):
        if _last(value) not in {None, width}:
            yield f"its output {value.name} has {_last(value)} numbers for each anchor, not {width}"


def _embedder(spec: EmbedderSpec, graph: OnnxGraph) -> Iterator[str]:
    yield from _picture(graph, spec.input_size)
    if len(graph.outputs) != 1:
        yield f"an embedder has one output, not {len(graph.outputs)}"
    elif _last(graph.outputs[0]) not in {None, spec.dimension}:
        yield f"it gives {_last(graph.outputs[0])} numbers, the pack declares {spec.dimension}"


def _picture(graph: OnnxGraph, size: Size | None) -> Iterator[str]:
    """The one input has to be (N, 3, H, W), its sides free or as declared."""
    if len(graph.inputs) != 1:
        yield f"it wants {len(graph.inputs)} inputs, not one picture"
        return
    shape = graph.inputs[0].shape
    if len(shape) != _PICTURE_RANK or shape[1] not in {None, _CHANNELS}:
        yield f"its input {list(shape)} is no batch of pictures with three channels"
    elif size and any(side not in {None, wanted} for side, wanted in zip(shape[:1:-1], size, strict=True)):
        yield f"its input is {shape[3]} x {shape[2]}, the pack declares {size[0]} x {size[1]}"


def _last(value: OnnxValue) -> int | None:
    return value.shape[-1] if value.shape else None
