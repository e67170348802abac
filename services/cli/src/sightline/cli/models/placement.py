"""Putting a finished pack in its place in one step, so that no service ever sees half of one."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.chassis.calibration import CALIBRATION
from sightline.chassis.errors import AlreadyExists, FailedPrecondition, ResourceExhausted
from sightline.chassis.pack import MANIFEST, load_pack
from sightline.chassis.pack_graphs import verify_graphs


@contextmanager
def new_pack(folder: Path, name: str) -> Iterator[Path]:
    """A fresh folder to build the pack in; it takes the place of `folder` once the block has succeeded.

    Raises:
        AlreadyExists: FOLDER_IN_USE when `folder` holds another pack or something else.
        FailedPrecondition: as `load_pack`, `Pack.verify` and `verify_graphs`, for what was built.
    """
    if not _may_replace(folder, name):
        message = f"{folder} holds something other than the pack {name}; choose another folder with --dir"
        raise AlreadyExists("FOLDER_IN_USE", message)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as place:
        built = Path(place, "new")
        built.mkdir()
        yield built
        pack = load_pack(built)
        pack.verify()
        verify_graphs(pack)
        _keep_calibration(folder, built)
        _sync(built)
        _exchange(built, folder, Path(place, "old"))


@contextmanager
def told_disk_errors() -> Iterator[None]:
    """Turn the system's file errors into ours.

    Raises:
        ResourceExhausted: DISK_FULL.
        FailedPrecondition: FOLDER_UNUSABLE for everything else, such as missing rights.
    """
    try:
        yield
    except OSError as error:
        where = error.filename or "the disk"
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ResourceExhausted("DISK_FULL", f"{where}: no space left; free some and try again") from error
        message = f"{where}: {error.strerror or error}; choose another folder or correct its rights"
        raise FailedPrecondition("FOLDER_UNUSABLE", message) from error


def copy_into(source: Path, folder: Path, name: str) -> None:
    """Copy a file's bytes, not its rights: what comes from a read-only folder stays replaceable."""
    shutil.copyfile(source, folder / name)


def _may_replace(folder: Path, name: str) -> bool:
    if not folder.exists():
        return True
    if not (folder / MANIFEST).is_file():
        return folder.is_dir() and not any(folder.iterdir())
    try:
        return load_pack(folder).name == name
    except FailedPrecondition:
        return True  # a broken manifest is what pulling again is for


def _keep_calibration(folder: Path, built: Path) -> None:
    """Keep what was measured: match sees by itself whether it is of these models, and without it alerts may be off."""
    if (folder / CALIBRATION).is_file():
        copy_into(folder / CALIBRATION, built, CALIBRATION)


def _exchange(built: Path, folder: Path, old: Path) -> None:
    if folder.exists():
        folder.replace(old)
    try:
        built.replace(folder)
    except OSError:
        if old.exists():
            old.replace(folder)
        raise


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
