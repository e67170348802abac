"""Packs made of files that somebody already has."""

import json
import zipfile

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from typer.testing import CliRunner

from sightline.chassis.errors import InvalidInput
from sightline.chassis.pack import load_pack
from sightline.cli.models.adoption import NO_POINTS, EmbedderKind, Terms, adopt
from sightline.cli.models.commands import app

TERMS = Terms(name="mine", licence="non-commercial research", threshold=0.29)


def gather(folder, *paths):
    folder.mkdir()
    for path in paths:
        (folder / path.name).symlink_to(path)
    return folder


@pytest.mark.parametrize(
    ("detector", "kind", "size", "score"),
    [
        ("scrfd_500m_kps.onnx", "scrfd", (640, 640), 0.5),
        ("scrfd_2.5g_kps_batched.onnx", "scrfd", (640, 640), 0.5),
        ("yunet_n_dynamic.onnx", "yunet", (640, 640), 0.9),
        ("yunet_n_640_640.onnx", "yunet", (640, 640), 0.9),
    ],
)
def test_a_detector_and_an_embedder_become_a_pack(shared_models, tmp_path, detector, kind, size, score):
    """The kind is told from the graph; the pack verifies, keeps its threshold at 80 and claims nothing."""
    source = gather(tmp_path / "in", shared_models / detector, shared_models / "mobilefacenet_y1.onnx")
    pack = adopt(source, tmp_path / "out", TERMS)
    pack.verify()
    assert (pack.detector.kind, pack.detector.input_size, pack.detector.score_threshold) == (kind, size, score)
    assert (pack.embedder.kind, pack.embedder.dimension, pack.embedder.precision) == ("arcface", 128, "fp32")
    assert pack.embedder.to_similarity(0.29) == pytest.approx(80)
    assert pack.fit_for == "research"
    assert not pack.commercial_use
    assert load_pack(tmp_path / "out") == pack


def test_the_command_imports(shared_models, tmp_path, monkeypatch):
    """`sightline models import` puts the pack among the others."""
    monkeypatch.setenv("SIGHTLINE_STATE_DIR", str(tmp_path / "state"))
    source = gather(tmp_path / "in", shared_models / "scrfd_500m_kps.onnx", shared_models / "mobilefacenet_y1.onnx")
    options = ["--name", "mine", "--licence", "research only", "--threshold", "0.37", "--json"]
    result = CliRunner().invoke(app, ["import", str(source), *options])
    assert json.loads(result.stdout)["embedder"]["threshold"] == 0.37
    assert load_pack(tmp_path / "state" / "models" / "mine").licence == "research only"


def test_two_detectors_are_ambiguous(shared_models, tmp_path):
    """Which one is meant is not guessed; both are named."""
    names = ("scrfd_500m_kps.onnx", "yunet_n_dynamic.onnx", "mobilefacenet_y1.onnx")
    source = gather(tmp_path / "in", *(shared_models / name for name in names))
    with pytest.raises(InvalidInput, match=r"MODEL_AMBIGUOUS.*scrfd_500m_kps.onnx, yunet_n_dynamic.onnx"):
        adopt(source, tmp_path / "out", TERMS)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_an_embedder_is_refused(shared_models, tmp_path):
    """What is missing is said."""
    source = gather(tmp_path / "in", shared_models / "scrfd_500m_kps.onnx")
    with pytest.raises(InvalidInput, match=r"MODEL_NOT_FOUND.*embedder"):
        adopt(source, tmp_path / "out", TERMS)


def test_a_file_that_is_no_onnx_is_refused(tmp_path):
    """MODEL_UNREADABLE, with the file's name."""
    (tmp_path / "det_10g.onnx").write_bytes(b"<html>404</html>")
    with pytest.raises(InvalidInput, match=r"MODEL_UNREADABLE.*det_10g"):
        adopt(tmp_path, tmp_path / "out", TERMS)


def test_weights_outside_the_file_are_refused(tmp_path):
    """A hash of the graph would not cover them."""
    weight = numpy_helper.from_array(np.zeros((1, 4096), np.float32), "w")
    value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 4096])
    out = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 4096])
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", [value], [out], [weight])
    model = helper.make_model(graph)
    onnx.save(model, tmp_path / "det.onnx", save_as_external_data=True, size_threshold=0)
    with pytest.raises(InvalidInput, match=r"MODEL_UNSUPPORTED"):
        adopt(tmp_path, tmp_path / "out", TERMS)


@pytest.mark.parametrize("threshold", [0, 1, -0.2, 1.5])
def test_a_threshold_that_is_none_is_refused(tmp_path, threshold):
    """A cosine threshold lies between 0 and 1."""
    with pytest.raises(InvalidInput, match="THRESHOLD_INVALID"):
        adopt(tmp_path, tmp_path / "out", Terms("mine", "MIT", threshold))


@pytest.mark.parametrize("terms", [Terms("My Pack", "MIT", 0.3), Terms("mine", "MIT", 0.3, score_threshold=5)])
def test_terms_that_no_pack_can_have_are_refused(shared_models, tmp_path, terms):
    """PACK_INVALID names the field, and nothing is put in place."""
    source = gather(tmp_path / "in", shared_models / "scrfd_500m_kps.onnx", shared_models / "mobilefacenet_y1.onnx")
    with pytest.raises(InvalidInput, match=r"PACK_INVALID.*(name|score_threshold)"):
        adopt(source, tmp_path / "out", terms)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("outputs", [6, 9, 10, 15])
@pytest.mark.parametrize(("sides", "size"), [(("h", "w"), (640, 640)), ((480, 640), (640, 480))], ids=["free", "fixed"])
def test_every_form_of_scrfd_is_known(tmp_path, scrfd_model, chip_model, outputs, sides, size):
    """Three or five strides, of free or fixed size; one without key points is taken, and what it lacks is said."""
    (tmp_path / "det.onnx").write_bytes(scrfd_model(outputs, sides))
    (tmp_path / "emb.onnx").write_bytes(chip_model(256))
    pack = adopt(tmp_path, tmp_path / "out", TERMS)
    assert (pack.detector.kind, pack.detector.input_size, pack.embedder.dimension) == ("scrfd", size, 256)
    assert (NO_POINTS in pack.facts) == (outputs in {6, 10})


def test_an_archive_of_insightface_becomes_a_pack(tmp_path, scrfd_model, chip_model):
    """A zip with a folder inside; a signed licence comes along, what is no model stays behind."""
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("pack/det_10g.onnx", scrfd_model())
        archive.writestr("pack/w600k_r50.onnx", chip_model())
        archive.writestr("pack/MODEL.LICENSE", "Signed.")
        archive.writestr("pack/readme.txt", "Hello.")
    adopt(tmp_path / "in.zip", tmp_path / "out", TERMS).verify()
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["MODEL.LICENSE", "det_10g.onnx", "pack.toml", "w600k_r50.onnx"]


@pytest.mark.parametrize("name", ["../det.onnx", "/etc/det.onnx"])
def test_an_archive_that_leads_astray_is_refused(tmp_path, scrfd_model, name):
    """ARCHIVE_UNSAFE, before anything is unpacked."""
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr(name, scrfd_model())
    with pytest.raises(InvalidInput, match="ARCHIVE_UNSAFE"):
        adopt(tmp_path / "in.zip", tmp_path / "out", TERMS)


def test_sface_is_what_its_owner_says_it_is(tmp_path, scrfd_model, chip_model):
    """Its graph looks like any other's; named so, it gets SFace's preparation and its published threshold."""
    (tmp_path / "det.onnx").write_bytes(scrfd_model())
    (tmp_path / "emb.onnx").write_bytes(chip_model(128))
    terms = Terms("mine", "Apache-2.0", embedder=EmbedderKind.SFACE)
    pack = adopt(tmp_path, tmp_path / "out", terms)
    assert (pack.embedder.kind, pack.embedder.alignment, pack.embedder.threshold) == ("sface", "arcface5", 0.363)
    assert adopt(tmp_path, tmp_path / "other", Terms("mine", "Apache-2.0")).embedder.kind == "arcface"
