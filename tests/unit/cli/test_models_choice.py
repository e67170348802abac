"""An installation's pack is chosen once and never changes by itself."""

import tomllib

import pytest
from typer.testing import CliRunner

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.models.choice import choose_pack, chosen_pack
from sightline.cli.models.commands import app


@pytest.fixture
def models(tmp_path, monkeypatch, starter_pack):
    """Run a command where no server has any file; the starter pack's sources lie in the cache."""
    monkeypatch.setenv("SIGHTLINE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("SIGHTLINE_MODELS_MIRROR", "http://127.0.0.1:9/")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "starter").symlink_to(starter_pack)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_nothing_is_chosen_at_first(tmp_path):
    """No file, no choice; a file with other settings is none either."""
    assert chosen_pack(tmp_path) is None
    (tmp_path / "installation.toml").write_text('name = "gate 3"\n')
    assert chosen_pack(tmp_path) is None


def test_the_first_choice_stays(tmp_path):
    """A second one changes nothing, and other settings are kept."""
    (tmp_path / "installation.toml").write_text("[retention]\ndays = 3\n")
    assert choose_pack(tmp_path, "opencv", "it was\nthere")
    assert not choose_pack(tmp_path, "starter", "whim")
    assert tomllib.loads((tmp_path / "installation.toml").read_text()) == {"pack": "opencv", "retention": {"days": 3}}
    assert chosen_pack(tmp_path) == "opencv"


@pytest.mark.parametrize("text", ["pack = ", "pack = 3", "\x00"])
def test_settings_that_cannot_be_read_are_never_overwritten(tmp_path, text):
    """INSTALLATION_INVALID, and the file stays as its owner left it."""
    (tmp_path / "installation.toml").write_text(text)
    with pytest.raises(FailedPrecondition, match="INSTALLATION_INVALID"):
        choose_pack(tmp_path, "opencv", "hope")
    assert (tmp_path / "installation.toml").read_text() == text


def test_a_pull_without_a_name_chooses_and_says_why(models, tmp_path):
    """Where opencv cannot be downloaded it is starter: one line says both; the next pull keeps it."""
    first = models("pull", "--json")
    assert first.exit_code == 0, first.output
    line = first.stderr.strip().splitlines()[-1]
    assert line.startswith("pack starter: chosen for this installation, because opencv could not be downloaded")
    assert chosen_pack(tmp_path) == "starter"
    assert "pack starter: this installation's, chosen before" in models("pull", "--json").stderr


def test_the_first_pull_by_name_chooses_too(models, tmp_path):
    """A later pull of another pack, or one to another folder, is no new choice."""
    assert "pack starter: chosen for this installation" in models("pull", "starter", "--json").stderr
    assert models("pull", "starter", "--json").stderr.count("chosen") == 0
    assert chosen_pack(tmp_path) == "starter"


def test_a_pull_to_a_folder_of_its_own_chooses_nothing(models, tmp_path, starter_pack):
    """--dir is for somebody who knows where the pack shall lie."""
    assert models("pull", "starter", "--dir", str(starter_pack), "--json").exit_code == 0
    assert chosen_pack(tmp_path) is None


def test_a_pull_that_fails_chooses_nothing(models, tmp_path):
    """A choice is for a pack that is there."""
    assert models("pull", "opencv").exit_code != 0
    assert chosen_pack(tmp_path) is None
