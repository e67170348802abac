"""`sightline models` as its user sees it."""

import json
import shutil
from pathlib import Path

import pytest
from rich.progress import Progress
from typer.testing import CliRunner

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, InvalidInput, NotFound, ResourceExhausted
from sightline.chassis.pack import load_pack
from sightline.cli.models.commands import app
from sightline.cli.models.placement import told_disk_errors
from sightline.cli.models.settings import ModelSettings
from sightline.cli.models.starter import fetch_sources


@pytest.fixture
def packs_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_STATE_DIR", str(tmp_path))
    return tmp_path / "models"


@pytest.fixture
def pulled(packs_dir, starter_pack):
    return shutil.copytree(starter_pack, packs_dir / "starter")


def models(*arguments):
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "120"})


def test_every_pack_is_listed_before_it_is_pulled(packs_dir):
    """A fresh machine learns from `list` what it could have, the starter pack first."""
    rows = json.loads(models("list", "--json").stdout)
    names = ["starter", "opencv", "opencv-int8", "buffalo_l", "buffalo_s", "buffalo_sc", "antelopev2"]
    assert [row["name"] for row in rows] == names
    assert rows[0] == {
        "name": "starter",
        "folder": str(packs_dir / "starter"),
        "state": "absent",
        "reason": "PACK_NOT_FOUND",
        "fit_for": "demonstration",
        "licence": "MIT AND CC0-1.0",
        "commercial_use": True,
        "detector": "mtcnn",
        "embedder": "dlib",
    }
    assert [row["commercial_use"] for row in rows] == [True] * 3 + [False] * 4


def test_a_pull_into_a_whole_pack_needs_no_network(pulled, monkeypatch, tmp_path):
    """The second pull finds the pack as it is: no index, no cache, no file written."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-cache"))
    before = {path.name: path.stat().st_mtime_ns for path in pulled.iterdir()}
    assert json.loads(models("pull", "starter", "--json").stdout)["name"] == "starter"
    assert {path.name: path.stat().st_mtime_ns for path in pulled.iterdir()} == before


def test_a_pull_elsewhere_needs_only_the_cache(packs_dir, monkeypatch):
    """What was fetched once is not fetched again: with every index forbidden the pack is made all the same."""
    fetch_sources(ModelSettings.read(), Progress(disable=True))
    monkeypatch.setenv("UV_OFFLINE", "1")
    assert models("pull", "starter").exit_code == 0
    load_pack(packs_dir / "starter").verify()


def test_info_shows_fitness_licences_and_bias_first(pulled):
    """Nobody looks at the pack without learning that it is for demonstration, and why."""
    shown = models("info", "starter").stdout
    assert shown.index("fit for demonstration") < shown.index("mtcnn_pnet.onnx")
    assert "MIT AND CC0-1.0" in shown
    assert "84 %" in shown
    assert json.loads(models("info", "--json").stdout)[0]["embedder_id"] == load_pack(pulled).embedder_id


def test_an_altered_file_fails_verify(pulled):
    """One byte changed: exit code 1, and the file is named."""
    assert models("verify").exit_code == 0
    path = pulled / "mtcnn_rnet.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    result = models("verify", "starter", "--json")
    assert result.exit_code == 1
    assert [row["result"] for row in json.loads(result.stdout)] == ["ok", "MODEL_HASH_MISMATCH", "ok", "ok"]
    with pytest.raises(FailedPrecondition, match="MODEL_HASH_MISMATCH"):
        load_pack(pulled).verify()


def test_a_pull_mends_an_altered_pack(pulled):
    """Pulling again puts a whole pack in the place of the damaged one."""
    (pulled / "mtcnn_onet.onnx").unlink()
    assert models("pull", "starter").exit_code == 0
    load_pack(pulled).verify()
    assert [path.name for path in pulled.parent.iterdir()] == ["starter"]


def test_a_pull_never_replaces_what_is_no_starter_pack(packs_dir, tmp_path, starter_pack):
    """FOLDER_IN_USE for somebody's files, which stay."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    result = models("pull", "starter", "--dir", str(tmp_path / "mine"))
    assert isinstance(result.exception, AlreadyExists)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        (("pull", "buffalo_xl"), NotFound, "UNKNOWN_PACK"),
        (("pull", "buffalo_l"), FailedPrecondition, "LICENCE_NOT_ACCEPTED"),
        (("verify",), FailedPrecondition, "PACK_NOT_FOUND"),
        (("info", "absent"), FailedPrecondition, "PACK_NOT_FOUND"),
        (("info", "../../etc"), InvalidInput, "NAME_INVALID"),
        (("import", ".", "--name", "../mine", "--licence", "MIT"), InvalidInput, "NAME_INVALID"),
    ],
)
def test_what_is_not_there_is_said(packs_dir, arguments, error, reason):
    """Each has a reason for programs; the main command turns it into a sentence and an exit code."""
    result = models(*arguments)
    assert result.exit_code != 0
    assert isinstance(result.exception, error)
    assert result.exception.reason == reason


def test_a_full_disk_is_said():
    """DISK_FULL, with the place: /dev/full is a disk that is always full."""
    with pytest.raises(ResourceExhausted, match="DISK_FULL"), told_disk_errors():
        Path("/dev/full").write_bytes(b"weights")


def test_a_folder_that_cannot_be_made_is_said(packs_dir):
    """FOLDER_UNUSABLE when a file is in the way."""
    packs_dir.write_text("a file")
    result = models("pull", "starter")
    assert isinstance(result.exception, FailedPrecondition)
    assert result.exception.reason == "FOLDER_UNUSABLE"
