"""Memory of a detector over many mixed pictures: `python tests/bench/soak_detect.py PACK_DIR [PICTURES [FREE_MB]]`.

First the largest inputs in both threads at once, then pictures of 60 to 1,600 px a side, one in a hundred of 12
megapixels, one in ten at several sizes and every second one trimmed; 10,000 by default. After each hundred it looks at
two things. What is in use, which is the resident memory without what the C library holds free, is the same at every
look, to a megabyte, however the threads met. What is free and was not given back does depend on how they met: it is
compared with FREE_MB (300 by default). Ends with 1 where there is more, or where more than 5 MB came into use.
"""

from __future__ import annotations

import ctypes
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
    from collections.abc import Iterator

    from numpy.typing import NDArray

_PAGE = 4096
_LARGE, _WIDEST = (4000, 3000), (1600, 1600)
_EACH, _GROWTH_MB = 100, 5.0
_HEAP_FIELDS = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)


class _Heap(ctypes.Structure):
    """What mallinfo2(3) tells."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in _HEAP_FIELDS)


@dataclass(frozen=True)
class Memory:
    """Of this process at a moment, in megabytes."""

    resident: float
    free: float
    """Part of it that the C library holds for later."""

    @classmethod
    def now(cls) -> Memory:
        """As it is."""
        tell = ctypes.CDLL(None).mallinfo2
        tell.restype = _Heap
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(pages * _PAGE / 1e6, tell().fordblks / 1e6)

    @property
    def used(self) -> float:
        """What is left of it."""
        return self.resident - self.free


def soak(detector: FaceDetector, picture: NDArray[np.uint8], rounds: int) -> Iterator[Memory]:
    """The memory after the largest inputs and a first hundred pictures, and after each further hundred."""
    rng = np.random.default_rng(2)

    def look(size: tuple[int, int], profile: Profile, trim: bool) -> None:
        detector.detect(cv2.resize(picture, size), profile=profile, trim=trim)

    with ThreadPoolExecutor(2) as executor:
        list(executor.map(lambda _: look(_WIDEST, Profile.MULTI, trim=False), range(16)))
        for _ in range(rounds):
            sizes = [tuple(map(int, side)) for side in np.exp(rng.uniform(np.log(60), np.log(1600), (_EACH, 2)))]
            sizes[0] = _LARGE
            profiles = [Profile.MULTI if i % 10 == 0 else Profile.DEFAULT for i in range(_EACH)]
            list(executor.map(look, sizes, profiles, [i % 2 == 1 or i % 20 == 0 for i in range(_EACH)]))
            yield Memory.now()


def main(pack: Path, pictures: int = 10_000, most_free: int = 300) -> None:
    """Runs, prints, and ends."""
    from skimage import data  # noqa: PLC0415 - slow to import

    limit_heap()
    detector = open_detector(load_pack(pack), Engine("cpu"))
    measured = list(soak(detector, data.astronaut(), pictures // _EACH))
    for each in measured:
        sys.stdout.write(f"in use {each.used:.1f} MB, free {each.free:.1f} MB\n")
    has_grown = max(each.used for each in measured) > measured[0].used + _GROWTH_MB
    raise SystemExit(has_grown or max(each.free for each in measured) > most_free)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
