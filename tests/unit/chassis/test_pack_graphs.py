"""A pack's graphs have to take and give what its manifest declares."""

import hashlib

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from verdicts import verdict

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import Pack
from sightline.chassis.pack_graphs import YUNET_OUTPUTS, load_graph, verify_graphs

FREE = ("n", 3, "h", "w")
VGA = (1, 3, 480, 640)
CHIP = ("n", 3, 112, 112)


def scrfd(outputs, shape=FREE):
    """A graph with the outputs of an SCRFD."""
    levels, widths = (3 if outputs in {6, 9} else 5), (1, 4, 10)
    names = [(f"o{i}", ("a", widths[i // levels])) for i in range(outputs)]
    return graph([("x", shape)], names)


def graph(inputs, outputs, weights=()):
    """A graph that computes nothing; nothing here runs it."""
    values = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in each] for each in (inputs, outputs)]
    return helper.make_model(helper.make_graph([], "g", *values, list(weights))).SerializeToString()


EMBEDDER = graph([("x", CHIP)], [("y", ("n", 128))])


def pack(folder, kind, detector, embedder):
    """A pack of two graphs, which declares a picture of 640 x 480 and 128 numbers."""
    files = {}
    for name, model in (("det.onnx", detector), ("emb.onnx", embedder)):
        (folder / name).write_bytes(model)
        digest = hashlib.sha256(model).hexdigest()
        files[name] = [{"role": "model", "path": name, "sha256": digest, "source_sha256": digest}]
    described = {
        "detector": {"kind": kind, "input_size": (640, 480), "score_threshold": 0.5, "licence": "MIT"},
        "embedder": {"kind": "sface", "alignment": "arcface5", "dimension": 128, "input_size": (112, 112)},
    }
    described["embedder"] |= {"converter": "0", "threshold": 0.363, "licence": "MIT"}
    described["embedder"] |= {"similarity": ((-1, 0), (0.363, 80), (1, 100)), "files": files["emb.onnx"]}
    described["detector"]["files"] = files["det.onnx"]
    facts = {"name": "p", "version": "1", "fit_for": "research", "licence": "MIT", "commercial_use": True}
    return Pack.model_validate(facts | described | {"folder": folder})


@pytest.mark.parametrize("outputs", [6, 9, 10, 15])
@pytest.mark.parametrize("shape", [FREE, VGA], ids=["free", "fixed"])
def test_every_form_of_scrfd_fits(tmp_path, outputs, shape):
    """Three or five strides, with or without key points, of free or fixed size."""
    assert verdict(verify_graphs, pack(tmp_path, "scrfd", scrfd(outputs, shape), EMBEDDER)) == "ok"


def test_yunet_fits(tmp_path):
    """Its twelve outputs are known by their names, in any order."""
    yunet = graph([("input", VGA)], [(name, (1, "a", 1)) for name in sorted(YUNET_OUTPUTS)])
    assert verdict(verify_graphs, pack(tmp_path, "yunet", yunet, EMBEDDER)) == "ok"


@pytest.mark.parametrize(
    ("detector", "embedder", "said"),
    [
        (scrfd(12), EMBEDDER, "6, 9, 10 or 15 outputs, not 12"),
        (scrfd(9, (1, 3, 640, 480)), EMBEDDER, "480 x 640, the pack declares 640 x 480"),
        (scrfd(9, (1, 1, 480, 640)), EMBEDDER, "three channels"),
        (graph([("x", FREE), ("z", (1,))], [("y", (1, 1))] * 9), EMBEDDER, "2 inputs"),
        (graph([("x", FREE)], [(f"o{i}", ("a", 4)) for i in range(9)]), EMBEDDER, "o0 has 4 numbers"),
        (scrfd(9), graph([("x", CHIP)], [("y", ("n", 512))]), "gives 512 numbers, the pack declares 128"),
        (scrfd(9), graph([("x", ("n", 3, 96, 96))], [("y", ("n", 128))]), "96 x 96"),
        (scrfd(9), graph([("x", CHIP)], [("y", ("n", 128)), ("q", ("n", 1))]), "one output, not 2"),
        (scrfd(9), b"", "0 inputs"),
    ],
)
def test_a_graph_of_another_form_is_refused(tmp_path, detector, embedder, said):
    """MODEL_UNSUITABLE names the file and what is wrong with it."""
    with pytest.raises(FailedPrecondition, match=said) as caught:
        verify_graphs(pack(tmp_path, "scrfd", detector, embedder))
    assert caught.value.reason == "MODEL_UNSUITABLE"


def test_weights_among_the_inputs_are_not_counted(tmp_path):
    """Old exporters list every weight as an input too."""
    weight = numpy_helper.from_array(np.zeros(4, np.float32), "w")
    embedder = graph([("x", CHIP), ("w", (4,))], [("y", ("n", 128))], [weight])
    assert verdict(verify_graphs, pack(tmp_path, "scrfd", scrfd(9), embedder)) == "ok"


def test_external_data_and_damage_are_refused(tmp_path):
    """ONNX_EXTERNAL_DATA, MODEL_UNREADABLE and MODEL_FILE_MISSING each say which file."""
    weight = numpy_helper.from_array(np.zeros(4, np.float32), "w")
    weight.data_location = TensorProto.EXTERNAL
    (tmp_path / "outside.onnx").write_bytes(graph([("x", CHIP)], [("y", ("n", 128))], [weight]))
    (tmp_path / "cut.onnx").write_bytes(EMBEDDER[:-3])
    expected = {"outside": "ONNX_EXTERNAL_DATA", "cut": "MODEL_UNREADABLE", "absent": "MODEL_FILE_MISSING"}
    for name, reason in expected.items():
        with pytest.raises(FailedPrecondition, match=name) as caught:
            load_graph(tmp_path / f"{name}.onnx")
        assert caught.value.reason == reason


def test_the_real_starter_pack_fits(make_pack):
    """The graphs that we convert ourselves are what their manifest says."""
    assert verdict(verify_graphs, make_pack("mtcnn", "dlib")) == "ok"
