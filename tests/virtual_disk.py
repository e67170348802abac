"""A disk from which the power can be taken: what was not synced is not on the copy that is made at that moment.

A file that holds an ext4 file system, mounted through a loop device. What programs write lies in the memory of the
mounted file system until it is synced; the file itself is what a disk would have. Takes root and loop devices.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTES = 192
TOOLS = ("mkfs.ext4", "mount", "umount")


def require_virtual_disks() -> None:
    """Skips the test, and says so, where no file system can be mounted."""
    if os.geteuid() or not Path("/dev/loop-control").exists() or not all(map(shutil.which, TOOLS)):
        pytest.skip("NOT TESTED: needs root, loop devices and mkfs.ext4")


def new_disk(image: Path) -> Path:
    """An empty one."""
    with image.open("wb") as file:
        file.truncate(MEGABYTES * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    return image


def disk_without_power(image: Path, copy: Path) -> Path:
    """What would be on the disk if the power went now."""
    return Path(shutil.copyfile(image, copy))


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    """The disk's files, while the block runs; a disk that lost its power is repaired by its journal."""
    at.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(at)], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)
