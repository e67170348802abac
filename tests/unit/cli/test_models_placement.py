"""A pack takes its place whole, and leaves alone what was measured with it."""

import shutil

from sightline.chassis.calibration import CALIBRATION
from sightline.chassis.pack import load_pack
from sightline.cli.models.placement import new_pack
from sightline.cli.models.starter import is_current


def test_a_calibration_outlives_its_pack_s_files(starter_pack, tmp_path):
    """Pulled again, a pack's files are new and its calibration is the old one: thresholds do not change silently."""
    folder = tmp_path / "starter"
    shutil.copytree(starter_pack, folder)
    (folder / CALIBRATION).write_text("measured")
    (folder / "left over").write_text("old")
    with new_pack(folder, "starter") as built:
        shutil.copytree(starter_pack, built, dirs_exist_ok=True)
    assert (folder / CALIBRATION).read_text() == "measured"
    assert not (folder / "left over").exists()


def test_a_starter_pack_of_other_sources_is_not_current(starter_pack, tmp_path):
    """Its ids follow from them: such a pack is made anew by the next pull."""
    folder = tmp_path / "starter"
    shutil.copytree(starter_pack, folder)
    assert is_current(folder)
    manifest = folder / "pack.toml"
    source = load_pack(folder).embedder.file("model").source_sha256
    manifest.write_text(manifest.read_text().replace(source, 64 * "0"))
    assert not is_current(folder)
