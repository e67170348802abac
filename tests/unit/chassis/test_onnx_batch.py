import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from sightline.chassis.onnx_batch import with_batch
from sightline.chassis.onnx_graph import read_graph
from sightline.chassis.onnx_session import open_session


def _runtime(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _assert_equals_singles(model, pictures):
    """Each picture of the batch gives exactly what the unedited model gives for it alone."""
    single, batched = _runtime(model), _runtime(with_batch(model))
    name = single.get_inputs()[0].name
    together = batched.run(None, {name: pictures})
    for index in range(len(pictures)):
        alone = single.run(None, {name: pictures[index : index + 1]})
        assert all((one == many[index]).all() for one, many in zip(alone, together, strict=True))


def _pictures(count, height, width):
    return np.random.default_rng(5).standard_normal((count, 3, height, width)).astype(np.float32)


@pytest.mark.parametrize("name", ["scrfd_2.5g_kps", "scrfd_500m_kps"])
def test_numerics_scrfd_takes_a_batch(shared_models, name):
    """The edited graph is valid; a batch of three equals three single runs, to the bit."""
    model = (shared_models / f"{name}.onnx").read_bytes()
    onnx.checker.check_model(onnx.load_from_string(with_batch(model)), full_check=True)
    _assert_equals_singles(model, _pictures(3, 320, 256))


def test_numerics_the_edit_arrives_at_the_batched_file(shared_models):
    """What the edited graph gives is what the separately exported batched file gives."""
    edited = _runtime(with_batch((shared_models / "scrfd_2.5g_kps.onnx").read_bytes()))
    exported = _runtime((shared_models / "scrfd_2.5g_kps_batched.onnx").read_bytes())
    pictures = _pictures(2, 128, 128)
    results = edited.run(None, {"input.1": pictures}), exported.run(None, {"images": pictures})
    assert all(np.array_equal(one, other) for one, other in zip(*results, strict=True))


def _exported_head():
    """One output as insightface's files have it: batch moved to the third axis, flattened, and a sigmoid."""
    nodes = [
        helper.make_node("Conv", ["x", "weight"], ["maps"]),
        helper.make_node("Transpose", ["maps"], ["turned"], perm=[2, 3, 0, 1]),
        helper.make_node("Reshape", ["turned", "shape"], ["flat"]),
        helper.make_node("Sigmoid", ["flat"], ["scores"]),
    ]
    weight = np.random.default_rng(6).standard_normal((4, 3, 1, 1)).astype(np.float32)
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, None, None])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(np.array([-1, 2]), "shape")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)


def test_numerics_a_transposed_head_takes_a_batch():
    """The exporter's own form, in which a batch would come out mixed, is edited as well."""
    model = _exported_head().SerializeToString()
    assert read_graph(with_batch(model)).outputs[0].shape == (None, None, 2)
    _assert_equals_singles(model, _pictures(3, 5, 4))


def test_other_endings_are_refused():
    """A graph that does not end in a reshape is left to run one picture at a time."""
    model = _exported_head()
    model.graph.node[2].op_type = "Identity"
    with pytest.raises(ValueError, match="does not end in a reshape"):
        with_batch(model.SerializeToString())


def test_a_batched_graph_needs_no_edit(shared_models):
    """Outputs (batch, n, k) are refused: there is nothing to do."""
    with pytest.raises(ValueError, match=r"not all \(n, k\)"):
        with_batch((shared_models / "scrfd_2.5g_kps_batched.onnx").read_bytes())


def test_a_session_runs_what_the_edit_gives(shared_models):
    """`open_session` loads the edited bytes."""
    session = open_session(shared_models / "scrfd_500m_kps.onnx", "cpu", 1, edit=with_batch)
    assert session.run(None, {"input.1": _pictures(2, 64, 64)})[0].shape == (2, 128, 1)
