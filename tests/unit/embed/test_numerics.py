"""Vectors beside those of the programs that the networks come from: insightface, OpenCV and dlib."""

import hashlib
import sys

import cv2
import numpy as np
import onnx
import pytest
from insightface.app.common import Face
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from insightface.model_zoo.scrfd import SCRFD

from sightline.chassis.onnx_session import open_session
from sightline.chassis.pack import load_pack
from sightline.embed.arcface import expects_raw_pixels
from sightline.embed.embedder import open_embedder

COSINE = 0.9999
# Of the shared portraits; all 1,011 take some minutes.
EVERY = 5
WIDE = 512

pytestmark = pytest.mark.filterwarnings("ignore:`estimate` is deprecated:FutureWarning")  # insightface's, not ours


def cosines(ours, theirs):
    """Row by row; ours are unit vectors."""
    return (ours * theirs).sum(axis=1) / np.linalg.norm(theirs, axis=1)


@pytest.fixture(scope="module")
def found(shared_models, media_rows, load_picture):
    """Pictures with the landmarks of their faces: portraits, hard ones and groups; a coarse look is enough."""
    detector = SCRFD(str(shared_models / "scrfd_2.5g_kps.onnx"))
    detector.prepare(-1, input_size=[(160, 160)], det_thresh=0.5)
    every = {"portraits/": EVERY, "hard/": 5, "groups/": 3}
    paths = [row["path"] for prefix, step in every.items() for row in media_rows(prefix)[::step]]
    pictures = ((path, load_picture(path)) for path in paths)
    return [
        (picture, landmarks)
        for _, picture in pictures
        for landmarks in detector.detect(np.ascontiguousarray(picture[:, :, ::-1]))[1][:3]
    ]


@pytest.fixture(scope="module")
def chips(found, make_pack):
    """Aligned as ArcFace wants them."""
    embedder = open_embedder(make_pack("scrfd", "arcface"), "cpu")
    return [embedder.align(picture, landmarks) for picture, landmarks in found]


@pytest.fixture(scope="module")
def wide_model(shared_models, tmp_path_factory):
    """Y1 as another exporter might give it: without its own normalisation, and with 512 numbers."""
    model = onnx.load(shared_models / "mobilefacenet_y1.onnx")
    subtraction, product, *rest = model.graph.node
    assert (subtraction.op_type, product.op_type) == ("Sub", "Mul")
    for node in rest:
        node.input[:] = ["data" if name == product.output[0] else name for name in node.input]
    weights = np.random.default_rng(0).normal(size=(128, WIDE)).astype(np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(weights, "wider"))
    (output,) = model.graph.output
    wider = onnx.helper.make_node("MatMul", [output.name, "wider"], ["wide"], name="wider")
    del model.graph.node[:2]
    model.graph.node.append(wider)
    output.name, output.type.tensor_type.shape.dim[1].dim_value = "wide", WIDE
    path = tmp_path_factory.mktemp("wide") / "y1_512.onnx"
    onnx.save(model, path)
    return path


def pack_of(pack, path, **changes):
    """A pack whose embedder is that file."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    file = pack.embedder.files[0].model_copy(update={"path": str(path), "sha256": sha256})
    return pack.model_copy(update={"embedder": pack.embedder.model_copy(update={"files": (file,), **changes})})


@pytest.mark.parametrize("kind", ["normalising itself, 128", "normalised for, 512"])
def test_numerics_equal_insightface(kind, make_pack, shared_models, wide_model, found):
    """At the same landmarks our vectors and insightface's have a cosine of 0.9999 and more, on every face."""
    pack, path = make_pack("scrfd", "arcface"), shared_models / "mobilefacenet_y1.onnx"
    if kind.endswith("512"):
        pack, path = pack_of(pack, wide_model, dimension=WIDE), wide_model
        assert not expects_raw_pixels(path.read_bytes())
    embedder, reference = open_embedder(pack, "cpu"), ArcFaceONNX(str(path), open_session(path, "cpu"))
    ours = embedder.embed([embedder.align(picture, landmarks) for picture, landmarks in found])
    theirs = [reference.get(np.ascontiguousarray(view[:, :, ::-1]), Face(kps=points)) for view, points in found]
    assert len(found) >= 200
    assert ours.shape == (len(found), 512 if kind.endswith("512") else 128)
    assert cosines(ours, np.array(theirs)).min() >= COSINE


def test_numerics_equal_opencvs_sface(tmp_path, make_pack, found):
    """With the preparation "sface" a network gives what OpenCV's FaceRecognizerSF gives: RGB, unscaled, arcface5."""
    path = tmp_path / "toy.onnx"
    onnx.save(_colour_network(), path)
    recogniser = cv2.FaceRecognizerSF.create(str(path), "")
    embedder = open_embedder(pack_of(make_pack("scrfd", "arcface"), path, kind="sface", dimension=8), "cpu")
    ours = embedder.embed([embedder.align(picture, landmarks) for picture, landmarks in found[:20]])
    theirs = []
    for picture, landmarks in found[:20]:
        row = np.hstack([np.zeros(4), landmarks.ravel(), 1]).astype(np.float32)
        aligned = recogniser.alignCrop(np.ascontiguousarray(picture[:, :, ::-1]), row)
        theirs.append(recogniser.feature(aligned).ravel().copy())
    assert cosines(ours, np.array(theirs)).min() >= COSINE


def _colour_network():
    """(1, 3, 112, 112) -> (1, 8), of one picture as SFace is; each channel counts for something else."""
    helper, rng = onnx.helper, np.random.default_rng(7)
    weights = {"filters": rng.normal(size=(4, 3, 16, 16)), "matrix": rng.normal(size=(196, 8))}
    tensors = [onnx.numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    nodes = [
        helper.make_node("Conv", ["data", "filters"], ["planes"], strides=[16, 16]),
        helper.make_node("Flatten", ["planes"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["fc1"]),
    ]
    x = helper.make_tensor_value_info("data", onnx.TensorProto.FLOAT, [1, 3, 112, 112])
    y = helper.make_tensor_value_info("fc1", onnx.TensorProto.FLOAT, [1, 8])
    graph = helper.make_graph(nodes, "toy", [x], [y], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)


@pytest.fixture(scope="module")
def dlib_network():
    """The network of dlib itself, with the weights that the starter pack is made from."""
    try:
        import dlib  # noqa: PLC0415 - an optional wheel
    except ImportError:
        pytest.skip("NOT TESTED: dlib has no wheel for this machine")
    from rich.progress import Progress  # noqa: PLC0415 - only this test pays for it

    from sightline.cli.models.settings import ModelSettings  # noqa: PLC0415 - as above
    from sightline.cli.models.starter import fetch_sources, starter_sources  # noqa: PLC0415 - as above

    cache = fetch_sources(ModelSettings.read(), Progress(disable=True))
    members = {member.role: member for source in starter_sources() for member in source.members}
    return dlib.face_recognition_model_v1(str(cache.path(members["resnet"])))


def test_numerics_of_the_starter_pack_equal_dlib(starter_pack, dlib_network, found):
    """Of the same chips, and their mirror images, dlib's own wheel gives the same vectors."""
    embedder = open_embedder(load_pack(starter_pack), "cpu")
    chips = [embedder.align(picture, landmarks) for picture, landmarks in found[::30]]
    describe = dlib_network.compute_face_descriptor
    pairs = [(describe(chip), describe(np.ascontiguousarray(chip[:, ::-1]))) for chip in chips]
    theirs = np.array([np.add(one, mirrored) for one, mirrored in pairs])
    assert len(chips) >= 7
    assert cosines(embedder.embed(chips), theirs).min() >= COSINE


@pytest.mark.parametrize("kind", [("scrfd", "arcface"), ("mtcnn", "dlib")], ids="-".join)
def test_numerics_of_a_batch_equal_singles(kind, make_pack, found):
    """Forty chips at once give what they give one by one, to 1e-5, all of length 1."""
    embedder = open_embedder(make_pack(*kind), "cpu")
    chips = [embedder.align(picture, landmarks) for picture, landmarks in found[:40]]
    together = embedder.embed(chips)
    one_by_one = np.concatenate([embedder.embed([chip]) for chip in chips])
    assert together.shape == (40, embedder.dimension)
    assert together.dtype == np.float32
    assert np.abs(together - one_by_one).max() < 1e-5
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_numerics_of_half_precision_are_reported(make_pack, shared_models, chips, tmp_path, capsys):
    """Y1 with all its numbers in fp16 gives vectors within a cosine of 0.9999 of fp32's on 200 chips."""
    from onnxruntime.transformers import float16  # noqa: PLC0415 - slow to import

    half = float16.convert_float_to_float16(onnx.load(shared_models / "mobilefacenet_y1.onnx"), keep_io_types=True)
    onnx.save(half, tmp_path / "half.onnx")
    pack = make_pack("scrfd", "arcface")
    one = open_embedder(pack, "cpu").embed(chips[:200])
    other = open_embedder(pack_of(pack, tmp_path / "half.onnx"), "cpu").embed(chips[:200])
    near = cosines(one, other)
    with capsys.disabled():
        sys.stdout.write(f"\nfp16 against fp32, {len(near)} chips: cosine {near.min():.6f} at least\n")
    assert len(near) == 200
    assert near.min() >= COSINE
