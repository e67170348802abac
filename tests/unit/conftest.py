"""Model packs made of the shared weights, and the shared pictures by name."""

import csv
import hashlib

import pytest
from hypothesis import HealthCheck, settings

from sightline.chassis.pack import load_pack
from sightline.chassis.picture import decode_picture

# How long an example takes says how busy the machine is, and nothing about what is tested.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

DETECTORS = {
    "scrfd": ({"model": "scrfd_2.5g_kps.onnx"}, 0.5),
    "scrfd_batched": ({"model": "scrfd_2.5g_kps_batched.onnx"}, 0.5),
    "yunet": ({"model": "yunet_n_dynamic.onnx"}, 0.7),
    "yunet_fixed": ({"model": "yunet_n_640_640.onnx"}, 0.7),
    "mtcnn": ({role: f"starter/mtcnn_{role}.onnx" for role in ("pnet", "rnet", "onet")}, 0.8),
}
EMBEDDERS = {
    "arcface": ("mobilefacenet_y1.onnx", 112, 'alignment = "arcface5"\nmirror = false', 0.29),
    "dlib": ("starter/dlib_face_resnet_v1.onnx", 150, 'alignment = "dlib5"\nmirror = true', 0.91),
}
MANIFEST = """
name = "{detector}-{embedder}"
version = "1"
fit_for = "research"
licence = "for tests"
commercial_use = false

[detector]
kind = "{kind}"
min_face = 40
input_size = [640, 640]
score_threshold = {score}
licence = "for tests"
{detector_files}

[embedder]
kind = "{embedder}"
dimension = 128
input_size = [{side}, {side}]
{alignment}
converter = "0"
threshold = {threshold}
similarity = [[-1.0, 0.0], [{threshold}, 80.0], [1.0, 100.0]]
licence = "for tests"
{embedder_file}
"""


def _file(part, folder, role, source):
    """Link a weight file into the pack and describe it."""
    link = folder / source.name
    link.symlink_to(source)
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    return (
        f'[[{part}.files]]\nrole = "{role}"\npath = "{source.name}"\nsha256 = "{sha256}"\nsource_sha256 = "{sha256}"\n'
    )


@pytest.fixture(scope="session")
def make_pack(shared_models, tmp_path_factory):
    """A function that makes a pack of a detector and an embedder named above."""

    def make(detector="scrfd", embedder="arcface"):
        folder = tmp_path_factory.mktemp(f"{detector}-{embedder}")
        files, score = DETECTORS[detector]
        source, side, alignment, threshold = EMBEDDERS[embedder]
        described = [_file("detector", folder, role, shared_models / path) for role, path in files.items()]
        manifest = MANIFEST.format(
            detector=detector,
            embedder=embedder,
            kind=detector.partition("_")[0],
            score=score,
            detector_files="".join(described),
            side=side,
            alignment=alignment,
            threshold=threshold,
            embedder_file=_file("embedder", folder, "model", shared_models / source),
        )
        (folder / "pack.toml").write_text(manifest)
        return load_pack(folder)

    return make


@pytest.fixture(scope="session")
def media_rows(shared_media):
    """Rows of the shared manifest whose path starts with a prefix."""
    with (shared_media / "manifest.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    return lambda prefix: [row for row in rows if row["path"].startswith(prefix)]


@pytest.fixture(scope="session")
def load_picture(shared_media):
    """Decode a shared picture by its path."""
    return lambda path: decode_picture((shared_media / path).read_bytes())


@pytest.fixture(scope="session")
def sample_paths(media_rows):
    """Twenty pictures: groups, portraits and hard ones."""
    every = {"groups/": 3, "portraits/": 130, "hard/": 14}
    return [row["path"] for prefix, step in every.items() for row in media_rows(prefix)[::step]]
