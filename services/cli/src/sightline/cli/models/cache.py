"""The cache of published weight files: each lies under its SHA-256 and is fetched only once."""

import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import verify_file
from sightline.cli.models.download import OnBytes
from sightline.cli.models.sources import Member, Source


class Archives(Protocol):
    """Where the archives of sources are had from."""

    def download(self, source: Source, target: Path, on_bytes: OnBytes) -> None:
        """Write the archive to `target`; `on_bytes` is told how many bytes are there."""


class WeightCache:
    """The members of sources that were fetched before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, member: Member) -> Path:
        """Where a member lies or will lie."""
        return self._folder / member.sha256

    def has(self, source: Source) -> bool:
        """Whether every member is there and intact; one that is not is thrown away."""
        return all(self._is_intact(member) for member in source.members)

    def fill(self, source: Source, archives: Archives, on_bytes: OnBytes) -> None:
        """Fetch an archive, check it, and keep its members; the archive itself goes.

        Raises:
            FailedPrecondition: SOURCE_HASH_MISMATCH, and then nothing is kept.
            NotFound, Unavailable: as the archives' `download`.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".fetch-") as place:
            archive = Path(place, source.filename)
            archives.download(source, archive, on_bytes)
            for member in source.members:
                taken = Path(place, member.sha256)
                _take(archive, member, taken)
                verify_file(taken, member.sha256)
                taken.replace(self.path(member))

    def _is_intact(self, member: Member) -> bool:
        try:
            verify_file(self.path(member), member.sha256)
        except FailedPrecondition:
            self.path(member).unlink(missing_ok=True)
            return False
        return True


def _take(archive: Path, member: Member, target: Path) -> None:
    """Copy one member by its exact name; no path of the archive is ever followed."""
    opened = _open_wheel if archive.suffix == ".whl" else _open_sdist
    with opened(archive, member.path) as stream, target.open("wb") as out:
        shutil.copyfileobj(stream, out)


@contextmanager
def _open_wheel(archive: Path, name: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(archive) as opened, opened.open(name) as stream:
        yield stream


@contextmanager
def _open_sdist(archive: Path, name: str) -> Iterator[IO[bytes]]:
    with tarfile.open(archive, "r:gz") as opened:
        stream = opened.extractfile(name)
        if stream is None:
            raise FailedPrecondition("SOURCE_INVALID", f"{name} in {archive.name} is no file; report this")
        with stream:
            yield stream
