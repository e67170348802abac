"""Memory of a detector over many mixed pictures: `python tests/bench/soak_detect.py PACK_DIR [PICTURES]`.

Pictures of 60 to 1,600 px a side, one in a hundred of 12 megapixels, from two threads; 10,000 by default. Prints the
resident memory, and ends with 1 where it grew by more than a tenth after the first two fifths.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.chassis.heap import limit_heap
from sightline.chassis.pack import load_pack
from sightline.detect.detector import FaceDetector, open_detector
from sightline.detect.engine import Engine
from sightline.detect.profile import Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PAGE = 4096
_LARGE = (4000, 3000)


def resident() -> float:
    """Resident memory of this process, in megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def soak(detector: FaceDetector, picture: NDArray[np.uint8], rounds: int, each: int) -> list[float]:
    """The resident memory after each of `rounds` rounds of `each` pictures."""
    rng = np.random.default_rng(2)
    measured = []
    with ThreadPoolExecutor(2) as executor:
        for _ in range(rounds):
            sizes = [tuple(map(int, side)) for side in np.exp(rng.uniform(np.log(60), np.log(1600), (each, 2)))]
            sizes[0] = _LARGE
            profiles = [Profile.MULTI if i % 10 == 0 else Profile.DEFAULT for i in range(each)]
            list(executor.map(lambda a, b: detector.detect(cv2.resize(picture, a), profile=b), sizes, profiles))
            measured.append(resident())
    return measured


def main(pack: Path, pictures: int = 10_000) -> None:
    """Runs, prints, and ends."""
    from skimage import data  # noqa: PLC0415 - slow to import

    limit_heap()
    detector = open_detector(load_pack(pack), Engine("cpu"))
    measured = soak(detector, data.astronaut(), pictures // 100, 100)
    sys.stdout.write(" ".join(f"{each:.0f}" for each in measured) + " MB\n")
    start = max(measured[: max(1, len(measured) * 2 // 5)])
    raise SystemExit(measured[-1] > start * 1.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
