import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.onnx_graph import read_graph
from sightline.chassis.onnx_session import open_session


def _model():
    weight = numpy_helper.from_array(np.full((1024,), 2.0, np.float32), "weight")
    shape = [1024]
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "weight"], ["y"], name="Mul_0")],
        "doubles",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [weight],
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


@pytest.fixture
def model_file(tmp_path):
    path = tmp_path / "doubles.onnx"
    onnx.save(_model(), path)
    return path


def test_a_session_runs_on_the_device_that_was_asked_for(model_file):
    """Asking for cpu gives a session on the CPU that computes."""
    session = open_session(model_file, "cpu", threads=1)
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert session.run(None, {"x": np.ones(1024, np.float32)})[0][0] == 2


@pytest.mark.parametrize("device", ["cuda", "tensorrt", "npu"])
def test_a_device_that_is_not_there_is_refused(model_file, device):
    """No silent fall-back: a device that this environment cannot use is an error."""
    with pytest.raises(FailedPrecondition) as error:
        open_session(model_file, device)
    assert error.value.reason == "DEVICE_UNAVAILABLE"


def test_both_runtimes_at_once_are_refused(model_file, tmp_path, monkeypatch):
    """With onnxruntime-gpu beside it onnxruntime is refused: the one installed last wins silently."""
    folder = tmp_path / "onnxruntime_gpu-1.31.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: onnxruntime-gpu\nVersion: 1.31.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FailedPrecondition, match="both installed") as error:
        open_session(model_file, "cpu")
    assert error.value.reason == "DEVICE_UNAVAILABLE"


def test_external_data_is_refused(tmp_path):
    """Weights in a second file, which the pack's hash does not cover, are refused."""
    path = tmp_path / "external.onnx"
    onnx.save(_model(), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").exists()
    with pytest.raises(FailedPrecondition) as error:
        open_session(path, "cpu")
    assert error.value.reason == "ONNX_EXTERNAL_DATA"


def test_external_data_inside_a_node_is_found():
    """A constant deep in a branch of an If that points to another file is found too."""
    tensor = numpy_helper.from_array(np.ones(4, np.float32), "hidden")
    tensor.data_location = TensorProto.EXTERNAL
    constant = helper.make_node("Constant", [], ["c"], value=tensor)
    branch = helper.make_graph([constant], "branch", [], [])
    model = _model()
    model.graph.node.append(helper.make_node("If", ["x"], ["z"], then_branch=branch, else_branch=branch))
    assert read_graph(model.SerializeToString()).has_external_data


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", None])
def test_a_file_that_is_no_model_is_refused(tmp_path, model_file, content):
    """An empty file, an error page and a model cut in half are unreadable, whatever ONNX Runtime says."""
    path = tmp_path / "broken.onnx"
    path.write_bytes(model_file.read_bytes()[:-200] if content is None else content)
    with pytest.raises(FailedPrecondition) as error:
        open_session(path, "cpu")
    assert error.value.reason == "MODEL_UNREADABLE"


def test_a_missing_file_is_refused(tmp_path):
    """A path that leads nowhere is an error of ours, not a traceback of the runtime's."""
    with pytest.raises(FailedPrecondition) as error:
        open_session(tmp_path / "absent.onnx", "cpu")
    assert error.value.reason == "MODEL_UNREADABLE"


def test_node_names_equal_what_onnx_reads(shared_models):
    """Our reader sees the nodes of real models as the onnx package does, and nothing external."""
    for path in [shared_models / "mobilefacenet_y1.onnx", shared_models / "starter/mtcnn_pnet.onnx"]:
        graph = read_graph(path.read_bytes())
        assert list(graph.node_names) == [node.name for node in onnx.load(path).graph.node]
        assert not graph.has_external_data
