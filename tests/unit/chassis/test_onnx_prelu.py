"""The graph edit that makes ArcFace networks faster on a CPU."""

import numpy as np
import onnx
import pytest

from sightline.chassis.onnx_prelu import without_prelu
from sightline.chassis.onnx_session import open_session

SLOPES = np.array([-1.3, 0.0, 0.25, 2.4], np.float32).reshape(4, 1, 1)


def model(opset=11, kind=np.float32):
    """One PRelu of (n, 4, 3, 3)."""
    helper = onnx.helper
    element = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    x, y = (helper.make_tensor_value_info(name, element, ["n", 4, 3, 3]) for name in "xy")
    slopes = onnx.numpy_helper.from_array(SLOPES.astype(kind), "slopes")
    nodes = [helper.make_node("PRelu", ["x", "slopes"], ["y"], name="act")]
    graph = helper.make_graph(nodes, "g", [x], [y], [slopes])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6).SerializeToString()


def run(content, folder, x):
    path = folder / "model.onnx"
    path.write_bytes(content)
    return open_session(path, "cpu").run(None, {"x": x})[0]


def test_numerics_of_the_parts_equal_prelu(tmp_path):
    """Slopes below zero, zero, small and above one give the same bits, for zeros and infinities too."""
    x = np.random.default_rng(3).normal(0, 5, (2, 4, 3, 3)).astype(np.float32)
    x[0, :, 0] = [[0, np.inf, -1e-40]]
    x[0, 2:, 1, 1] = -np.inf
    edited = without_prelu(model())
    onnx.checker.check_model(onnx.load_from_string(edited), full_check=True)
    assert {node.op_type for node in onnx.load_from_string(edited).graph.node} == {"Max", "Min", "Mul", "Add"}
    assert np.array_equal(run(edited, tmp_path, x), run(model(), tmp_path, x))


def test_numerics_of_a_whole_network_stay(shared_models, tmp_path):
    """MobileFaceNet y1 has none left, and gives the same vectors to 1e-5 of their length."""
    content = (shared_models / "mobilefacenet_y1.onnx").read_bytes()
    edited = without_prelu(content)
    assert "PRelu" not in {node.op_type for node in onnx.load_from_string(edited).graph.node}
    (tmp_path / "edited.onnx").write_bytes(edited)
    chips = np.random.default_rng(4).integers(0, 256, (4, 3, 112, 112)).astype(np.float32)
    paths = shared_models / "mobilefacenet_y1.onnx", tmp_path / "edited.onnx"
    one, other = (open_session(path, "cpu").run(None, {"data": chips})[0] for path in paths)
    assert np.abs(one - other).max() <= 1e-5 * np.linalg.norm(one, axis=1).min()


@pytest.mark.parametrize("content", [model(opset=7), model(kind=np.float16)], ids=["old opset", "half precision"])
def test_what_cannot_be_split_stays(content):
    """Where Max and Min take equal shapes only, or slopes are no float32, PRelu is left alone."""
    assert [node.op_type for node in onnx.load_from_string(without_prelu(content)).graph.node] == ["PRelu"]
