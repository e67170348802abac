"""What a pack's manifest promises, and how it is refused."""

import hashlib
from pathlib import Path

import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import load_pack

WEIGHTS = b"weights"
DIGEST = hashlib.sha256(WEIGHTS).hexdigest()
MANIFEST = f"""
name = "small"
version = "1"
fit_for = "demonstration"
licence = "MIT"
commercial_use = true
facts = ["It is small."]

[detector]
kind = "scrfd"
input_size = [640, 480]
score_threshold = 0.5
licence = "MIT"
[[detector.files]]
role = "model"
path = "det.onnx"
sha256 = "{DIGEST}"
source_sha256 = "{DIGEST}"

[embedder]
kind = "dlib"
alignment = "dlib5"
dimension = 128
input_size = [150, 150]
mirror = true
converter = "1"
threshold = 0.91
similarity = [[-1.0, 0.0], [0.84, 20.0], [0.91, 80.0], [1.0, 100.0]]
licence = "CC0-1.0"
[[embedder.files]]
role = "model"
path = "emb.onnx"
sha256 = "{DIGEST}"
source_sha256 = "{DIGEST}"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pack.toml").write_text(MANIFEST)
    for name in ("det.onnx", "emb.onnx"):
        (tmp_path / name).write_bytes(WEIGHTS)
    return tmp_path


def edit(folder: Path, old: str, new: str) -> None:
    manifest = folder / "pack.toml"
    assert old in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(old, new))


def refusal(folder: Path) -> str:
    with pytest.raises(FailedPrecondition) as caught:
        load_pack(folder).verify()
    return caught.value.reason


def test_a_whole_pack_loads_and_verifies(folder):
    """Manifest, files and hashes that agree are accepted, and paths lead into the folder."""
    pack = load_pack(folder)
    pack.verify()
    assert pack.path(pack.embedder.file("model")) == folder / "emb.onnx"
    assert pack.detector.input_size == (640, 480)


def test_a_folder_without_manifest_is_no_pack(tmp_path):
    """PACK_NOT_FOUND, for a missing folder too."""
    assert refusal(tmp_path) == refusal(tmp_path / "absent") == "PACK_NOT_FOUND"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "small"', "name ="),
        ('kind = "scrfd"', 'kind = "haar"'),
        ('path = "det.onnx"', 'path = "../det.onnx"'),
        ('path = "det.onnx"', 'path = "/det.onnx"'),
        (f'sha256 = "{DIGEST}"', 'sha256 = "abc"'),
        ('kind = "scrfd"', 'kind = "mtcnn"'),
        ("input_size = [640, 480]\n", ""),
        ("threshold = 0.91", "threshold = 0.92"),
        ("[0.84, 20.0]", "[0.84, 85.0]"),
        ("[1.0, 100.0]", "[1.0, nan]"),
        ("mirror = true", "mirrored = true"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(folder, old, new):
    """PACK_INVALID: broken TOML, unknown kinds and keys, paths that leave the folder, a map that misleads."""
    edit(folder, old, new)
    assert refusal(folder) == "PACK_INVALID"


def test_a_missing_file_is_named(folder):
    """MODEL_FILE_MISSING when a weight file is gone."""
    (folder / "emb.onnx").unlink()
    assert refusal(folder) == "MODEL_FILE_MISSING"


def test_an_altered_file_is_refused(folder):
    """MODEL_HASH_MISMATCH when one byte differs."""
    (folder / "det.onnx").write_bytes(b"Weights")
    assert refusal(folder) == "MODEL_HASH_MISMATCH"


@pytest.mark.parametrize(
    ("cosine", "similarity"),
    [(-1, 0), (-2, 0), (0.84, 20), (0.875, 50), (0.91, 80), (0.955, 90), (1, 100), (1.0001, 100)],
)
def test_similarity_is_piecewise_linear(folder, cosine, similarity):
    """The map goes through its points, is straight between them and flat outside."""
    assert load_pack(folder).embedder.to_similarity(cosine) == pytest.approx(similarity)


def test_the_embedder_id_is_26_characters_of_base32(folder):
    """It is a legal token of a subject, [a-z2-7]{26}."""
    identity = load_pack(folder).embedder_id
    assert len(identity) == 26
    assert set(identity) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_the_embedder_id_ignores_the_onnx_bytes_and_the_detector(folder):
    """What a library version writes, and who found the face, do not part vectors from each other."""
    before = load_pack(folder).embedder_id
    edit(folder, f'"emb.onnx"\nsha256 = "{DIGEST}"', '"emb.onnx"\nsha256 = "' + 64 * "0" + '"')
    edit(folder, "[640, 480]", "[320, 320]")
    assert load_pack(folder).embedder_id == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mirror = true", "mirror = false"),
        ('converter = "1"', 'converter = "2"'),
        ("[150, 150]", "[112, 112]"),
        ('alignment = "dlib5"', 'alignment = "arcface5"'),
        ('converter = "1"', 'converter = "1"\nprecision = "fp16"'),
    ],
)
def test_the_embedder_id_follows_what_makes_the_vector(folder, old, new):
    """Whatever changes a vector changes the id."""
    before = load_pack(folder).embedder_id
    edit(folder, old, new)
    assert load_pack(folder).embedder_id != before


@pytest.mark.parametrize("name", ["det.onnx", "emb.onnx"])
def test_the_source_of_what_nothing_converted_is_the_file_itself(folder, name):
    """Else other weights could be put there under the id of those before, and their vectors be compared."""
    edit(folder, 'converter = "1"', 'converter = "0"')
    load_pack(folder).verify()
    edit(folder, f'"{name}"\nsha256 = "{DIGEST}"', f'"{name}"\nsha256 = "' + 64 * "0" + '"')
    assert refusal(folder) == "PACK_INVALID"


def test_the_source_of_what_was_converted_is_taken_from_its_converter(folder):
    """Of the published file nothing is left to be checked: whoever made the pack checked it."""
    manifest = folder / "pack.toml"
    start, _, _ = manifest.read_text().rpartition("source_sha256")
    manifest.write_text(start + 'source_sha256 = "' + 64 * "0" + '"\n')
    pack = load_pack(folder)
    pack.verify()
    assert pack.embedder.file("model").source_sha256 == 64 * "0"
