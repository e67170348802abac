"""What is measured with: a pack of the shared weights, and the shared group pictures."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.chassis.picture import decode_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHARED = Path(__file__).resolve().parents[3] / "shared"
DETECTOR = SHARED / "models" / "scrfd_2.5g_kps.onnx"
EMBEDDER = SHARED / "models" / "mobilefacenet_y1.onnx"
SIDE = 640

_MANIFEST = """
name = "bench"
version = "1"
fit_for = "research"
licence = "for measuring"
commercial_use = false

[detector]
kind = "scrfd"
input_size = [{side}, {side}]
score_threshold = 0.5
licence = "for measuring"
[[detector.files]]
{detector}

[embedder]
kind = "arcface"
alignment = "arcface5"
dimension = 128
input_size = [112, 112]
converter = "0"
threshold = 0.29
similarity = [[-1.0, 0.0], [0.29, 80.0], [1.0, 100.0]]
licence = "for measuring"
[[embedder.files]]
{embedder}
"""


def is_there() -> bool:
    """Whether this machine has the shared weights and pictures."""
    return DETECTOR.is_file() and EMBEDDER.is_file() and (SHARED / "media" / "groups").is_dir()


def make_pack(folder: Path) -> Path:
    """A pack that our services and insightface's FaceAnalysis both load: links to the same two files."""
    folder.mkdir()
    files = {"detector": _linked(folder, DETECTOR), "embedder": _linked(folder, EMBEDDER)}
    (folder / "pack.toml").write_text(_MANIFEST.format(side=SIDE, **files))
    return folder


def group_pictures() -> list[bytes]:
    """The JPEG files with several people in them, by name."""
    return [path.read_bytes() for path in sorted((SHARED / "media" / "groups").glob("*.jpg"))]


def decoded(pictures: list[bytes]) -> list[NDArray[np.uint8]]:
    """Each as (height, width, 3) RGB."""
    return [decode_picture(picture) for picture in pictures]


def _linked(folder: Path, weights: Path) -> str:
    (folder / weights.name).symlink_to(weights)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    facts = {"role": "model", "path": weights.name, "sha256": sha256, "source_sha256": sha256}
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in facts.items())
