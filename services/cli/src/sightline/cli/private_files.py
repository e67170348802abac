"""Files and folders for one user's eyes, written whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def write_private(path: Path, content: bytes) -> None:
    """Write a file with mode 0600 in place of what was there. Raises OSError; then the old one is as it was."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        _write_new(draft, content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


@contextmanager
def private_draft(path: Path) -> Iterator[TextIO]:
    """Give a text file with mode 0600 to write into, which gets its place at the end of the block, and only then.

    Raises OSError.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_private_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder with mode 0700 that is not there yet, or empty, and files with mode 0600 in it.

    Everything is written beside it and gets its place by one rename: no crash leaves half of it.

    Raises:
        FileExistsError: something is there; nothing was changed.
        OSError: it cannot be written.
    """
    folder = folder.resolve()
    _check_vacant(folder)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in files.items():
            (draft / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_new(draft / name, content)
        _sync_folder(draft)
        _take_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _sync_folder(folder.parent)


def _take_place(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        # Somebody else may have filled it in the meantime.
        _check_vacant(folder)
        raise


def _check_vacant(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))


def _write_new(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
