"""Where backups are kept: a folder, which may be a mounted volume, or a bucket of an S3-compatible store."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Protocol

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.cli.private_files import write_private

PIECE = 1024 * 1024
_S3 = "s3://"


class Place(Protocol):
    """Keeps files by their path, as `main-20261129T120000.000000Z/GALLERY.snapshot`.

    Everything raises FailedPrecondition BACKUP_PLACE_REFUSED, with what is wrong with the place, and the S3-compatible
    one Unavailable S3_UNAVAILABLE.
    """

    async def put(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        """Keep a file; there is nothing of it before all pieces have come."""

    def get(self, path: str) -> AsyncGenerator[bytes, None]:
        """Give the pieces of a file. Raises NotFound BACKUP_FILE_MISSING."""

    async def paths(self) -> list[str]:
        """Give all files that are kept, sorted."""

    async def remove(self, path: str) -> None:
        """Keep a file no more."""


def open_place(where: str) -> Place:
    """Open a folder, or `s3://bucket/prefix`.

    Raises:
        FailedPrecondition: S3_NOT_INSTALLED, S3_NOT_CONFIGURED, S3_CREDENTIALS_INVALID.
        InvalidInput: BACKUP_PLACE_INVALID.
    """
    if where.startswith(_S3):
        # An extra, that most installations have no use for.
        from sightline.cli.backup.s3_place import open_bucket  # noqa: PLC0415

        bucket, _, prefix = where.removeprefix(_S3).partition("/")
        return open_bucket(bucket, prefix.strip("/"))
    if "://" in where or not where:
        raise InvalidInput("BACKUP_PLACE_INVALID", f"{where!r} is no place: name a folder, or s3://bucket/prefix")
    return FolderPlace(Path(where))


async def whole(place: Place, path: str) -> bytes:
    """Give all of a small file. Raises as `Place.get`."""
    return b"".join([piece async for piece in place.get(path)])


async def in_pieces(data: bytes) -> AsyncGenerator[bytes, None]:
    """Give data as one piece."""
    yield data


class FolderPlace:
    """A Place in a folder; its files are for this user alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        """See Place."""
        target = self._root / path
        part = target.with_name(f".{target.name}.part")
        try:
            await asyncio.to_thread(target.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
            await asyncio.to_thread(write_private, part, b"")
            with part.open("ab") as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
                await asyncio.to_thread(_to_disk, file.fileno())
            await asyncio.to_thread(part.replace, target)
        except OSError as error:
            raise self._refused(error) from error

    async def get(self, path: str) -> AsyncGenerator[bytes, None]:
        """See Place."""
        try:
            with (self._root / path).open("rb") as file:
                while piece := await asyncio.to_thread(file.read, PIECE):
                    yield piece
        except FileNotFoundError as error:
            raise NotFound("BACKUP_FILE_MISSING", f"There is no {path} in {self._root}.") from error
        except OSError as error:
            raise self._refused(error) from error

    async def paths(self) -> list[str]:
        """See Place."""
        try:
            return await asyncio.to_thread(self._files)
        except OSError as error:
            raise self._refused(error) from error

    async def remove(self, path: str) -> None:
        """See Place."""
        try:
            (self._root / path).unlink(missing_ok=True)
            folder = (self._root / path).parent
            if not any(folder.iterdir()):
                folder.rmdir()
        except OSError as error:
            raise self._refused(error) from error

    def _files(self) -> list[str]:
        return sorted(str(path.relative_to(self._root)) for path in self._root.glob("*/*") if path.is_file())

    def _refused(self, error: OSError) -> FailedPrecondition:
        return FailedPrecondition(
            "BACKUP_PLACE_REFUSED", f"{self._root} cannot be used ({error.strerror}): name another place, or mend it."
        )


def _to_disk(descriptor: int) -> None:
    os.fsync(descriptor)
