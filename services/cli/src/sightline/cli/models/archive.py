"""Zip archives of model files: only what was asked for comes out, and never elsewhere than it should."""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from sightline.chassis.errors import InvalidInput

LARGEST_BYTES = 4 << 30  # unpacked, of one member


class ModelArchive:
    """An open archive whose every member's path stays inside."""

    def __init__(self, opened: zipfile.ZipFile, path: Path) -> None:
        self._opened = opened
        self._path = path
        self._members: dict[str, list[zipfile.ZipInfo]] = {}
        for member in opened.infolist():
            self._check(member)
            if not member.is_dir():
                self._members.setdefault(PurePosixPath(member.filename).name, []).append(member)

    @property
    def names(self) -> tuple[str, ...]:
        """File names without the folders that they lie in."""
        return tuple(self._members)

    def take(self, name: str, folder: Path) -> None:
        """Copy a member of that name, in whatever folder of the archive it lies, to `folder/name`.

        Raises:
            InvalidInput: ARCHIVE_INCOMPLETE or ARCHIVE_DAMAGED.
        """
        found = self._members.get(name, [])
        if len(found) != 1:
            message = f"{self._path.name} holds {len(found)} files {name}, not one; fetch the archive again"
            raise InvalidInput("ARCHIVE_INCOMPLETE", message)
        try:
            with self._opened.open(found[0]) as stream, (folder / name).open("wb") as out:
                shutil.copyfileobj(stream, out)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            message = f"{name} in {self._path.name} is damaged or locked: {error}; fetch the archive again"
            raise InvalidInput("ARCHIVE_DAMAGED", message) from error

    def _check(self, member: zipfile.ZipInfo) -> None:
        pure = PurePosixPath(member.filename)
        leaves = pure.is_absolute() or ".." in pure.parts or "\\" in member.filename or ":" in member.filename
        if leaves or stat.S_ISLNK(member.external_attr >> 16):
            message = f"{self._path.name} holds {member.filename!r}, which leads out of it; do not use this archive"
            raise InvalidInput("ARCHIVE_UNSAFE", message)
        # zipfile never unpacks more than this number says.
        if member.file_size > LARGEST_BYTES:
            message = f"{member.filename} in {self._path.name} has {member.file_size:,} bytes; do not use this archive"
            raise InvalidInput("ARCHIVE_UNSAFE", message)


@contextmanager
def open_archive(path: Path) -> Iterator[ModelArchive]:
    """Open a zip archive.

    Raises:
        InvalidInput: ARCHIVE_DAMAGED when it is none, ARCHIVE_UNSAFE when a member's path leads out of it.
    """
    try:
        opened = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        message = f"{path} is no zip archive ({error}); fetch it again"
        raise InvalidInput("ARCHIVE_DAMAGED", message) from error
    with opened:
        yield ModelArchive(opened, path)
