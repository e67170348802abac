"""The folder of an index: which of its shards counts, and what is known about it.

    index/CURRENT     the name of the shard that answers
    index/OPEN        the machine's boot in which it was last opened, until it is closed
    index/shard-…/    the engine's files; its name ends with that of the space in which its vectors are
    index/shard-….built, .removed    what its build was; one line for each face removed since

Whatever is not CURRENT's is left over from a build that did not end, and is thrown away.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from sightline.chassis.ids import new_id
from sightline.match.index_status import Built

if TYPE_CHECKING:
    from collections.abc import Sequence

log = structlog.get_logger()

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ShardFolder:
    """Names shards and remembers facts about them; the shards themselves are the engine's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, spaces: Sequence[str] = ("",)) -> Path:
        """The folder of the shard that counts, which may be empty.

        A shard that was open when the machine went down is not believed: the engine answers before it has synced. One
        in none of these spaces is of no use: nothing that is looked for in it would be found.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        marker, boot = self._folder / "OPEN", _boot()
        if marker.exists() and marker.read_text() != boot:
            log.warning("index_distrusted", folder=str(self._folder))
            (self._folder / "CURRENT").unlink(missing_ok=True)
        _write(marker, boot)
        name = self._current()
        if name is not None and space_of(self._folder / name) not in spaces:
            log.warning("index_of_another_rotation", folder=str(self._folder))
            name = None
        if name is None:
            shard = self.fresh(spaces[0])
            self.choose(shard, None)
            return shard
        return self._folder / name

    def closed(self) -> None:
        """Says that everything is on the disk."""
        (self._folder / "OPEN").unlink(missing_ok=True)

    def fresh(self, space: str = "") -> Path:
        """Where a new shard in that space goes; nothing is there yet."""
        return self._folder / "-".join(["shard", new_id(), *filter(None, [space])])

    def choose(self, shard: Path, built: Built | None) -> None:
        """From now on this shard counts, also after a crash. Its files must be on the disk."""
        if built is not None:
            _write(shard.with_suffix(".built"), built.model_dump_json())
        _write(self._folder / "CURRENT", shard.name)

    def discard(self, shard: Path) -> None:
        """Removes a shard and what is known about it."""
        shutil.rmtree(shard, ignore_errors=True)
        for suffix in (".built", ".removed"):
            shard.with_suffix(suffix).unlink(missing_ok=True)

    def built(self, shard: Path) -> Built | None:
        """What its build was; None where it has grown by itself."""
        try:
            return Built.model_validate_json(shard.with_suffix(".built").read_text())
        except (FileNotFoundError, ValidationError):
            return None

    def note_removed(self, shard: Path, count: int, since: datetime | None = None) -> None:
        """Remembers that so many faces were removed from it; since then, or now."""
        if not count:
            return
        line = (since or datetime.now(UTC)).isoformat(timespec="microseconds") + "\n"
        with shard.with_suffix(".removed").open("a") as file:
            file.write(line * count)

    def removed(self, shard: Path) -> int:
        """How many faces were removed from it. Every line is as long as the others."""
        first = self._first_removal(shard)
        return shard.with_suffix(".removed").stat().st_size // len(first) if first else 0

    def oldest_removal(self, shard: Path) -> datetime | None:
        """When the first of them was; None: there was none."""
        first = self._first_removal(shard)
        return datetime.fromisoformat(first.strip()) if first else None

    def _first_removal(self, shard: Path) -> str:
        try:
            with shard.with_suffix(".removed").open() as file:
                return file.readline()
        except FileNotFoundError:
            return ""

    def _current(self) -> str | None:
        try:
            name = (self._folder / "CURRENT").read_text()
        except FileNotFoundError:
            return None
        return name if name and (self._folder / name).is_dir() else None

    def sweep(self) -> None:
        """Removes whatever is left over. For whoever has the shard that counts open, and so alone has the folder."""
        current = self._current()
        keep = {"CURRENT", "OPEN", current, f"{current}.built", f"{current}.removed"}
        for path in self._folder.iterdir():
            if path.name in keep:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def space_of(shard: Path) -> str:
    """The name of the space in which the shard's vectors are."""
    return "".join(shard.name.split("-")[2:])


def warm(shard: Path) -> None:
    """Reads the shard's files once, so that the system has them in its cache: searches read from all over them.

    Without it the first thousands of searches wait for the disk: 11 ms instead of 4 with 100,000 faces. Takes a second
    for each gigabyte of a fast disk. (posix_fadvise would read the first 128 kB of each file alone.)
    """
    buffer = bytearray(1 << 20)
    for path in shard.glob("segments/**/*"):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass


def _boot() -> str:
    """Changes with every start of the machine; where the system does not say, a new one each time."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return new_id()


def _write(path: Path, text: str) -> None:
    """All or nothing, and on the disk when it returns."""
    draft = path.with_name(path.name + ".tmp")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
