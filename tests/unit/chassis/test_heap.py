import subprocess
import sys

SCRIPT = """
from pathlib import Path
from sightline.chassis.heap import limit_heap
assert limit_heap()
for _ in range(2):
    blocks = [bytes(10_000_000) for _ in range(10)]
    kept, blocks = [bytes(1000) for _ in range(1000)], None
print(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
"""


def test_large_blocks_go_back_when_they_are_freed():
    """A hundred megabytes of pictures, freed, are not held by what was allocated after them."""
    told = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True)
    assert int(told.stdout) < 60e6
