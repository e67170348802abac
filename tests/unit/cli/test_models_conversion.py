"""The conversion of published weights: right, repeatable, and shut away."""

import os

import joblib
import numpy as np
import onnx
import onnxruntime
import pytest
from rich.progress import Progress

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.pack import load_pack
from sightline.cli.models.conversion import OUTPUTS, convert
from sightline.cli.models.dlib_weights import LAYERS, read_dlib_resnet
from sightline.cli.models.settings import ModelSettings
from sightline.cli.models.starter import fetch_sources, starter_manifest, starter_sources

INPUTS = {"pnet": (2, 3, 71, 93), "rnet": (4, 3, 24, 24), "onet": (4, 3, 48, 48), "resnet": (3, 3, 150, 150)}


@pytest.fixture(scope="module")
def weights():
    cache = fetch_sources(ModelSettings.read(), Progress(disable=True))
    members = {member.role: member for source in starter_sources() for member in source.members}
    return {role: cache.path(members[role]) for role in OUTPUTS}


@pytest.fixture(scope="module")
def resnet(weights):
    return weights["resnet"].read_bytes()


def outputs(path, picture):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: picture}), strict=True))


@pytest.mark.parametrize("role", INPUTS)
def test_the_conversion_equals_the_reference(starter_pack, shared_models, role):
    """On noise, each network gives what an independent conversion gives, under the same names."""
    scale = 255 if role == "resnet" else 1
    picture = np.random.default_rng(1).uniform(0, scale, INPUTS[role]).astype(np.float32)
    ours = outputs(starter_pack / OUTPUTS[role], picture)
    reference = outputs(shared_models / "starter" / OUTPUTS[role], picture)
    assert ours.keys() == reference.keys()
    for name, value in reference.items():
        np.testing.assert_allclose(ours[name], value, atol=1e-6)


def test_converting_twice_gives_one_embedder_id(weights, tmp_path):
    """The id stays even when the ONNX bytes differ, as they do between versions of the onnx library."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        convert(weights, folder)
    path = folders[1] / OUTPUTS["resnet"]
    model = onnx.load(path)
    model.producer_version = "another"
    onnx.save(model, path)
    one, two = map(starter_manifest, folders)
    assert one.embedder.files[0].sha256 != two.embedder.files[0].sha256
    assert one.detector == two.detector
    assert one.embedder_id == two.embedder_id


def test_the_pack_says_what_it_is_for(starter_pack):
    """The starter pack verifies, is fit for demonstration only, and carries its measured bias."""
    pack = load_pack(starter_pack)
    pack.verify()
    assert pack.fit_for == "demonstration"
    assert any("bias" in fact for fact in pack.facts)
    assert pack.embedder.to_similarity(pack.embedder.threshold) == 80


def test_the_parser_ends_at_the_last_byte(resnet):
    """The whole file is read: 130 layers below the loss, and nothing is left over."""
    assert len(read_dlib_resnet(resnet)) == len(LAYERS) == 130


@pytest.mark.parametrize("length", [0, 1, 40, 5_000, 1_000_000, 22_466_065])
def test_a_truncated_dlib_file_is_refused(resnet, length):
    """Wherever it ends, the error names the byte and says that the file ends there."""
    with pytest.raises(InvalidInput, match=r"WEIGHTS_INVALID.*byte \d+: the file ends after") as caught:
        read_dlib_resnet(resnet[:length])
    assert "fetch the file again" in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b"loss_metric_2", b"loss_metric_3", "expected 'loss_metric_2'"),
        (b"input_rgb_image_sized", b"input_rgb_image_xxxxx", "expected 'input_rgb_image_sized'"),
        (b"con_4", b"con_5", "expected 'con_4'"),
        (b"affine_", b"bn_con2", "expected 'affine_'"),
        (b"fc_2", b"fc_3", "expected 'fc_2'"),
        (b"\x01\x01\x01\x0dloss", b"\x01\x02\x01\x0dloss", "version of the loss"),
    ],
)
def test_another_version_or_name_is_refused(resnet, old, new, complaint):
    """A layer of another kind or version is never read as if it were the right one."""
    assert old in resnet
    with pytest.raises(InvalidInput, match=complaint):
        read_dlib_resnet(resnet.replace(old, new, 1))


def test_bytes_after_the_network_are_refused(resnet):
    """A file with more behind it is not this network."""
    with pytest.raises(InvalidInput, match="1 bytes follow"):
        read_dlib_resnet(resnet + b"0")


def test_a_truncated_file_is_refused_by_the_whole_conversion(weights, resnet, tmp_path):
    """What the child process says comes through as the error's reason."""
    short = tmp_path / "short.dat"
    short.write_bytes(resnet[:1000])
    with pytest.raises(FailedPrecondition, match=r"CONVERSION_FAILED.*byte"):
        convert({"resnet": short}, tmp_path)


def test_arrays_of_another_network_are_refused(weights, tmp_path):
    """The weights of pnet do not pass for those of rnet."""
    with pytest.raises(FailedPrecondition, match="WEIGHTS_INVALID"):
        convert({"rnet": weights["pnet"]}, tmp_path)


class Burglar:
    """A pickle that runs code when it is read."""

    def __reduce__(self):
        return exec, ("import os; open('loot', 'w').write(f'{os.getpid()} {sorted(os.environ)}')",)


def test_unpickling_happens_in_a_child_without_our_environment(tmp_path, monkeypatch):
    """Code in a weight file would run in another process that sees no token of ours, and the pull fails."""
    monkeypatch.setenv("SIGHTLINE_TOKEN", "secret")
    joblib.dump(Burglar(), tmp_path / "pnet.lz4")
    with pytest.raises(FailedPrecondition, match="CONVERSION_FAILED"):
        convert({"pnet": tmp_path / "pnet.lz4"}, tmp_path)
    pid, names = (tmp_path / "loot").read_text().split(" ", 1)
    assert int(pid) != os.getpid()
    assert "TOKEN" not in names
    assert "HOME" not in names
