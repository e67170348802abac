"""Memory over many pictures of odd sizes, each detector in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "bench" / "soak_detect.py"


@pytest.mark.parametrize("kind", ["yunet", "mtcnn"])
def test_it_does_not_grow_with_odd_sizes(make_pack, kind):
    """Over 500 pictures of 60 to 1,600 px, and some of 12 megapixels, memory grows by less than a tenth after 200.

    `python tests/bench/soak_detect.py PACK` does the same with 10,000.
    """
    pack = make_pack(kind, "dlib")
    soak = subprocess.run([sys.executable, SOAK, pack.folder, "500"], capture_output=True, text=True, check=False)
    assert soak.returncode == 0, soak.stdout + soak.stderr
