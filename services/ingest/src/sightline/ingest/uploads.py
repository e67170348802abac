"""Videos that callers sent, and copies of stored ones: on this replica's disk until their job has ended."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, ResourceExhausted, SightlineError
from sightline.chassis.ids import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from pathlib import Path

KEEP_S = 86400.0
"""An upload that no job uses is deleted after a day."""
_UNFINISHED, _WHOLE, _COPY = ".part", ".video", ".copy"


class Uploads:
    """The folder of uploads; names of files are ids: of uploads, and of the jobs for which copies were fetched.

    Args:
        folder: is made where it is missing.
        max_bytes: of all of them together; 0: none are taken.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder.absolute()
        self._max_bytes = max_bytes
        self._arriving: set[str] = set()

    async def receive(self, chunks: AsyncIterator[bytes]) -> tuple[str, int]:
        """Write a video down and give its id and its size in bytes.

        Raises:
            InvalidInput: UPLOAD_TOO_LARGE, it is larger than the limit.
            FailedPrecondition: UPLOADS_UNUSABLE, the folder cannot be written.
            ResourceExhausted: UPLOADS_FULL, others take too much of it now, or the disk is full.
        """
        upload_id = new_id()
        return upload_id, await self._take_in(upload_id, chunks, _WHOLE)

    async def keep_copy(self, job_id: str, pieces: AsyncIterator[bytes]) -> None:
        """Write down what a job is to read. Raises as `receive`."""
        self._path(job_id, _UNFINISHED).unlink(missing_ok=True)  # of a process that was killed
        await self._take_in(job_id, pieces, _COPY)

    def copy_path(self, job_id: str) -> Path:
        """Where a job's copy is, or would be."""
        return self._path(job_id, _COPY)

    def has_copy(self, job_id: str) -> bool:
        """Whether all of it is there."""
        return self.copy_path(job_id).is_file()

    def has_copies(self) -> bool:
        """Whether some job has one."""
        return any(path.suffix == _COPY for path in self._files())

    def find(self, upload_id: str) -> Path:
        """The file of an upload. Raises NotFound UPLOAD_NOT_FOUND, also where another replica has it."""
        path = self._path(upload_id, _WHOLE)
        if not path.is_file():
            raise NotFound("UPLOAD_NOT_FOUND", f"There is no upload {upload_id} here, or not any more: send it again.")
        return path

    def has(self, upload_id: str) -> bool:
        """Whether this replica has it."""
        return self._path(upload_id, _WHOLE).is_file()

    def delete(self, upload_id: str, job_id: str) -> None:
        """Delete what a job has read, where this replica has it."""
        self._path(upload_id, _WHOLE).unlink(missing_ok=True)
        self._path(job_id, _COPY).unlink(missing_ok=True)

    def sweep(self, used: Collection[str]) -> None:
        """Delete what was left unfinished, copies, and what is too old; not what is `used`."""
        for path in self._files():
            if path.stem in self._arriving:
                continue
            with suppress(FileNotFoundError):
                old = path.suffix == _COPY or path.stat().st_mtime < time.time() - KEEP_S
                if path.suffix == _UNFINISHED or (old and path.stem not in used):
                    path.unlink()

    def check_room(self, file_id: str, size: int) -> None:
        """Whether so many bytes fit. Raises InvalidInput UPLOAD_TOO_LARGE, ResourceExhausted UPLOADS_FULL."""
        self._check_room(self._path(file_id, _UNFINISHED), size)

    async def _take_in(self, file_id: str, chunks: AsyncIterator[bytes], suffix: str) -> int:
        self._arriving.add(file_id)
        try:
            size = await self._write(self._path(file_id, _UNFINISHED), chunks)
            self._path(file_id, _UNFINISHED).rename(self._path(file_id, suffix))
        finally:
            self._arriving.discard(file_id)
            with suppress(OSError):  # it is renamed, or was never made
                self._path(file_id, _UNFINISHED).unlink()
        return size

    async def _write(self, path: Path, chunks: AsyncIterator[bytes]) -> int:
        size = 0
        with await asyncio.to_thread(self._create, path) as file:
            async for chunk in chunks:
                size += len(chunk)
                self._check_room(path, size)
                await asyncio.to_thread(_append, file, chunk)
            await asyncio.to_thread(_sync, file)
        return size

    def _create(self, path: Path) -> BinaryIO:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise _disk_error(error) from error

    def _check_room(self, arriving: Path, size: int) -> None:
        if size > self._max_bytes:
            raise InvalidInput(
                "UPLOAD_TOO_LARGE",
                f"Uploads may have {self._max_bytes} bytes: put the video into a folder of SIGHTLINE_VIDEO_ROOTS, or "
                "raise SIGHTLINE_UPLOAD_BYTES.",
            )
        if size + sum(path.stat().st_size for path in self._files() if path != arriving) > self._max_bytes:
            raise ResourceExhausted("UPLOADS_FULL", "Uploads of waiting jobs take all the room: try again later.")

    def _files(self) -> list[Path]:
        return list(self._folder.iterdir()) if self._folder.is_dir() else []

    def _path(self, upload_id: str, suffix: str) -> Path:
        return self._folder / f"{upload_id}{suffix}"


def _append(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise _disk_error(error) from error


def _sync(file: BinaryIO) -> None:
    try:
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise _disk_error(error) from error


def _disk_error(error: OSError) -> SightlineError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ResourceExhausted("UPLOADS_FULL", "The disk is full: delete something, then send the video again.")
    why = os.strerror(error.errno or 0)
    return FailedPrecondition("UPLOADS_UNUSABLE", f"ingest cannot write to its SIGHTLINE_STATE_DIR ({why}): mend that.")
