import csv

import cv2
import numpy as np
import onnx
import pytest

from sightline.chassis.errors import FailedPrecondition, Internal
from sightline.chassis.onnx_session import open_session
from sightline.chassis.pack import load_pack
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.embed.arcface import ArcFace, expects_raw_pixels
from sightline.embed.embedder import open_embedder
from sightline.embed.network import batch_sizes


@pytest.fixture(scope="module", params=[("yunet", "arcface"), ("mtcnn", "dlib")], ids="-".join)
def pack(request, make_pack):
    """Both embedders, each with its usual detector."""
    return make_pack(*request.param)


@pytest.mark.parametrize("largest", [1, 4, 6, 64])
def test_a_batch_is_cut_into_few_shapes(largest):
    """Any number of chips goes in powers of two up to the largest, with none left and none for padding."""
    allowed = {1 << power for power in range(7) if 1 << power <= largest}
    for count in range(200):
        sizes = batch_sizes(count, largest)
        assert sum(sizes) == count
        assert set(sizes) <= allowed


def test_no_chips_give_no_vectors(pack):
    """An empty batch is no error."""
    assert open_embedder(pack, "cpu").embed([]).shape == (0, 128)


def test_pairs_separate(pack, shared_media, load_picture):
    """Of sixty listed pairs at least 93 % fall on their side of the pack's threshold."""
    with (shared_media / "pairs.csv").open() as stream:
        pairs = list(csv.DictReader(stream))[::56]
    detector, embedder = open_detector(pack, Engine("cpu")), open_embedder(pack, "cpu")

    def vector(path):
        picture = load_picture(path)
        faces = detector.detect(picture)
        if not faces:
            return None
        largest = max(faces, key=lambda face: face.side)
        return embedder.embed([embedder.align(picture, largest.landmarks)])[0]

    sides = []
    for pair in pairs:
        one, other = vector(pair["path_a"]), vector(pair["path_b"])
        if one is not None and other is not None:
            sides.append((one @ other >= pack.embedder.threshold) == (pair["same"] == "1"))
    assert len(sides) >= 57
    assert np.mean(sides) >= 0.93


def test_dlib_chips_of_large_faces_are_halved_first(make_pack, load_picture):
    """A face shown four times as large gives the chip of the small one, not one with skipped pixels."""
    pack = make_pack("mtcnn", "dlib")
    embedder = open_embedder(pack, "cpu")
    picture = load_picture("formats/image.bmp")
    (face,) = open_detector(pack, Engine("cpu")).detect(picture)
    noisy = cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC).astype(int)
    noisy += np.random.default_rng(2).integers(-60, 60, noisy.shape)
    large = embedder.align(noisy.clip(0, 255).astype(np.uint8), (face.landmarks + 0.5) * 8 - np.float32(0.5))
    small = embedder.align(picture, face.landmarks)
    assert np.abs(large.astype(int) - small).mean() < 8
    assert embedder.embed([large])[0] @ embedder.embed([small])[0] > 0.97


def test_the_starter_pack_knows_the_astronaut_again(starter_pack):
    """The pack that every machine can make gives one face, smaller and darker, the same vector within its threshold."""
    from skimage import data  # noqa: PLC0415 - slow to import

    pack = load_pack(starter_pack)
    detector, embedder = open_detector(pack, Engine("cpu")), open_embedder(pack, "cpu")
    picture = data.astronaut()
    other = cv2.resize((picture[20:300, 100:400] * 0.7).astype(np.uint8), None, fx=0.8, fy=0.8)
    chips = [embedder.align(view, detector.detect(view)[0].landmarks) for view in (picture, other)]
    one, again = embedder.embed(chips)
    assert one @ again > pack.embedder.threshold


def test_a_network_without_its_own_normalisation_gets_it():
    """A graph that does not begin with Sub and Mul wants (x - 127.5) / 127.5, by insightface's rule."""
    nodes = [onnx.helper.make_node("Conv", ["x", "w"], ["y"], name="Conv_0")]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", [], []))
    assert not expects_raw_pixels(model.SerializeToString())


def test_normalisation_is_read_from_the_graph(shared_models):
    """MobileFaceNet y1 centres its input itself."""
    assert expects_raw_pixels((shared_models / "mobilefacenet_y1.onnx").read_bytes())


def test_a_vector_that_is_not_finite_is_refused(make_pack, tmp_path):
    """A network that gives NaN raises instead of handing it to an index."""
    spec = make_pack("scrfd", "arcface").embedder
    embedder = ArcFace(open_session(_nan_model(tmp_path), "cpu"), spec, raw_pixels=True)
    with pytest.raises(Internal, match="EMBEDDING_UNUSABLE"):
        embedder.embed([np.zeros((112, 112, 3), np.uint8)])


def _nan_model(folder):
    """Mean over the plane, divided by itself less itself: NaN for every chip."""
    helper = onnx.helper
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0),
        helper.make_node("Sub", ["m", "m"], ["zero"]),
        helper.make_node("Div", ["zero", "zero"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, 112, 112])
    y = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 3])
    graph = helper.make_graph(nodes, "nan", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "nan.onnx")
    return folder / "nan.onnx"


@pytest.mark.parametrize("kind", ["mixes", "refuses"])
def test_a_graph_that_takes_single_chips_only_gets_them_one_by_one(make_pack, tmp_path, kind):
    """Where a batch fails, or each chip's vector depends on its neighbours, results are those of single chips."""
    path = _single_model(tmp_path, kind)
    embedder = ArcFace(open_session(path, "cpu"), make_pack("scrfd", "arcface").embedder, raw_pixels=True)
    chips = list(np.random.default_rng(1).integers(0, 256, (5, 112, 112, 3), np.uint8))
    one_by_one = np.concatenate([embedder.embed([chip]) for chip in chips])
    assert np.abs(embedder.embed(chips) - one_by_one).max() < 1e-6


def _single_model(folder, kind):
    """The mean colour: over the whole batch, or of a graph that was exported for one picture."""
    helper = onnx.helper
    axes = [0, 2, 3] if kind == "mixes" else [2, 3]
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=axes, keepdims=0),
        helper.make_node("Reshape", ["mean", "shape"], ["flat"]),
        helper.make_node("ReduceMax", ["x"], ["most"], axes=[2, 3], keepdims=0),
        helper.make_node("Add", ["flat", "most"], ["y"]),
    ]
    shape = onnx.numpy_helper.from_array(np.array([1, 3]), "shape")
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, 112, 112])
    y = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 3])
    graph = helper.make_graph(nodes, kind, [x], [y], [shape])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / f"{kind}.onnx")
    return folder / f"{kind}.onnx"


def test_a_device_that_is_not_there_is_refused(pack):
    """An embedder for cuda on a machine without it is refused instead of running on the CPU."""
    with pytest.raises(FailedPrecondition, match="DEVICE_UNAVAILABLE"):
        open_embedder(pack, "cuda")


def test_a_pack_that_states_a_wrong_dimension_is_refused(pack):
    """The length of the vectors is compared with the pack's when the embedder is opened."""
    wrong = pack.model_copy(update={"embedder": pack.embedder.model_copy(update={"dimension": 512})})
    with pytest.raises(FailedPrecondition, match="MODEL_UNSUITABLE"):
        open_embedder(wrong, "cpu")


def test_a_detector_named_as_embedder_is_refused(make_pack, shared_models):
    """A graph that takes no chips is refused when it is opened."""
    spec = make_pack("scrfd", "arcface").embedder
    session = open_session(shared_models / "starter/mtcnn_rnet.onnx", "cpu")
    with pytest.raises(FailedPrecondition, match="MODEL_UNSUITABLE"):
        ArcFace(session, spec, raw_pixels=True)
