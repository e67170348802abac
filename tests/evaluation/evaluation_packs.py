"""The packs that are evaluated: ours, and the shared weights put together in the ways that people use them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from sightline.cli.models.adoption import EmbedderKind, Terms, adopt

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
_Y1, _Y1_THRESHOLD = "mobilefacenet_y1.onnx", 0.29
# By name the weight files of a pack; () for one that `make models` has made.
PACKS = {
    "starter": (),
    "scrfd-500m-y1": ("scrfd_500m_kps.onnx", _Y1),
    "scrfd-2.5g-y1": ("scrfd_2.5g_kps.onnx", _Y1),
    "yunet-y1": ("yunet_n_dynamic.onnx", _Y1),
}


def pack_folder(name: str, made: Path) -> Path:
    """Folder of the pack, which is made where it is missing."""
    weights = PACKS[name]
    if not weights:
        return ROOT / ".sightline" / "models" / name
    folder = made / name
    if not (folder / "pack.toml").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as source:
            for file in weights:
                (Path(source) / file).symlink_to(SHARED / "models" / file)
            plain = name.replace(".", "_")
            adopt(Path(source), folder, Terms(plain, "for tests", _Y1_THRESHOLD, None, False, EmbedderKind.ARCFACE))
    return folder
