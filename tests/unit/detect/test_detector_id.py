"""Which detector found a face: `Pack.detector_id`."""

import shutil

import pytest

from sightline.chassis.ids import is_id
from sightline.chassis.pack import load_pack


@pytest.fixture
def identity(starter_pack, tmp_path):
    """A function that gives the id after a line of the manifest was replaced."""

    def after(old="", new=""):
        folder = shutil.copytree(starter_pack, tmp_path / "pack", dirs_exist_ok=True)
        manifest = folder / "pack.toml"
        assert old in manifest.read_text()
        manifest.write_text(manifest.read_text().replace(old, new, 1))
        return load_pack(folder).detector_id

    return after


def test_it_is_an_id(identity):
    """26 characters, the same for the same pack."""
    assert is_id(identity())
    assert identity() == identity()


@pytest.mark.parametrize(
    ("old", "new"),
    [("min_face = 40", "min_face = 20"), ("score_threshold = 0.8", "score_threshold = 0.7")],
)
def test_it_follows_what_decides_about_faces(identity, old, new):
    """Another setting is another detector."""
    assert identity(old, new) != identity()


def test_it_ignores_the_embedder(identity):
    """Who recognises the face does not part detections from each other."""
    assert identity("mirror = true", "mirror = false") == identity()
