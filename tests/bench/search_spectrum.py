"""How templates of real faces are spread over their dimensions: fitted on the shared portraits, kept as a few numbers.

What is kept says nothing about anybody: the sizes of the axes of all portraits together.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from inference_material import SHARED, make_pack
from rich.console import Console
from rich.progress import track

from sightline.chassis.errors import SightlineError
from sightline.chassis.pack import load_pack
from sightline.chassis.picture import decode_picture
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.embed.embedder import open_embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPECTRUM = Path(__file__).with_name("search_spectrum.json")


def templates() -> tuple[NDArray[np.float32], list[str]]:
    """The largest face of every portrait, (n, 128) of unit length, and whose it is."""
    vectors, names, console = [], [], Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        pack = load_pack(make_pack(Path(folder) / "pack"))
        detector = open_detector(pack, Engine("cpu", 0, 1, 0, 0.0, Path(folder)))
        embedder = open_embedder(pack, "cpu")
        for path in track(sorted((SHARED / "media" / "portraits").glob("*/*")), description="portraits"):
            try:
                picture = decode_picture(path.read_bytes())
                face = max(detector.detect(picture), key=lambda found: found.side, default=None)
                if face is not None:
                    vectors.append(embedder.embed([embedder.align(picture, face.landmarks)])[0])
                    names.append(path.parent.name)
            except SightlineError as error:
                console.print(f"{path.name}: {error.reason}")
    return np.stack(vectors), names


def fitted(vectors: NDArray[np.float32], names: list[str]) -> dict[str, object]:
    """Axes between people, cosines within and between them, and the intrinsic dimension."""
    people = sorted(set(names))
    whose = np.array([people.index(name) for name in names])
    means = np.stack([vectors[whose == person].mean(0) for person in range(len(people))])
    middle = means.mean(0)
    spread = vectors - middle
    axes = np.linalg.eigvalsh(spread.T @ spread / len(spread))[::-1].clip(0)
    cosines = vectors @ vectors.T
    same = (whose[:, None] == whose[None, :]) & ~np.eye(len(whose), dtype=bool)
    return {
        "portraits": len(names),
        "people": len(people),
        "mean_length": round(float(np.linalg.norm(middle)), 4),
        "intrinsic_dimension": round(float(axes.sum() ** 2 / (axes**2).sum()), 1),
        "genuine_cosines": _quantiles(cosines[same]),
        "impostor_cosines": _quantiles(cosines[whose[:, None] != whose[None, :]]),
        "axes": [round(float(each), 6) for each in axes / axes.sum()],
    }


def _quantiles(cosines: NDArray[np.float32]) -> dict[str, float]:
    return {str(q): round(float(np.quantile(cosines, q)), 3) for q in (0.01, 0.05, 0.5, 0.95, 0.99, 0.999)}


def main() -> None:
    """Fits and writes."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    facts = fitted(*templates())
    SPECTRUM.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    Console().print({name: value for name, value in facts.items() if name != "axes"})


if __name__ == "__main__":
    main()
