"""Pulling a pack whose ONNX files are published as they are used."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.progress import Progress

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import ModelFile, Pack, load_pack, verify_file
from sightline.cli.models.acceptance import SIGNED_LICENCE, accept, acceptance_of
from sightline.cli.models.archive import open_archive
from sightline.cli.models.catalogue import PublishedArchive, PublishedFile, PublishedPack
from sightline.cli.models.download import Downloads, OnBytes, Wanted, download_client
from sightline.cli.models.indexes import trusted_certificates
from sightline.cli.models.manifest import model_file, write_manifest
from sightline.cli.models.placement import copy_into, new_pack, told_disk_errors
from sightline.cli.models.settings import ModelSettings

Pins = Mapping[str, str]
"""SHA-256 by path of the files that are not known to the list, from the pack that was here before."""


class PublishedFiles:
    """The files of one pack on their way from the network into a folder."""

    def __init__(self, downloads: Downloads, mirror: str, pins: Pins, progress: Progress) -> None:
        self._downloads = downloads
        self._mirror = mirror
        self._pins = pins
        self._progress = progress

    def put(self, pack: PublishedPack, folder: Path) -> None:
        """Put every file into the folder, checked.

        Raises:
            Unavailable, FailedPrecondition, AlreadyExists: as `Downloads.fetch`.
            InvalidInput: as `open_archive` and `ModelArchive.take`.
        """
        for file in pack.files:
            if not file.archive:
                wanted = Wanted(file.path, file.urls, file.size, self._sha256(file))
                self._fetch(wanted, folder / file.path)
        for archive in pack.archives:
            self._unpack(pack, archive, folder)
        for file in pack.files:
            self._check(file, folder / file.path)

    def _unpack(self, pack: PublishedPack, archive: PublishedArchive, folder: Path) -> None:
        fetched = folder / archive.name
        self._fetch(Wanted(archive.name, archive.urls), fetched)
        with open_archive(fetched) as opened:
            for file in pack.members(archive):
                opened.take(file.path, folder)
        fetched.unlink()

    def _fetch(self, wanted: Wanted, target: Path) -> None:
        task = self._progress.add_task(wanted.name, total=wanted.size)
        on_bytes: OnBytes = lambda done: self._progress.update(task, completed=done)  # noqa: E731 - one line, one use
        self._downloads.fetch(wanted.mirrored(self._mirror), target, on_bytes)

    def _check(self, file: PublishedFile, path: Path) -> None:
        size = path.stat().st_size
        if file.size not in {None, size}:
            message = f"{file.path} has {size:,} bytes, expected {file.size:,}; nothing was kept; use another mirror"
            raise FailedPrecondition("MODEL_SIZE_MISMATCH", message)
        if expected := self._sha256(file):
            _check_hash(path, expected)
            return
        # The pack's own manifest is about to record what came.
        self._progress.console.print(
            f"warning: nobody published a SHA-256 of {file.path}; what came now is pinned, and nothing else will do",
            style="yellow",
            markup=False,
        )

    def _sha256(self, file: PublishedFile) -> str | None:
        return file.sha256 or self._pins.get(file.path)


def pull_published(
    pack: PublishedPack, folder: Path, settings: ModelSettings, progress: Progress, *, accepts: bool = False
) -> Pack:
    """Make the pack in `folder`, unless it is there and whole already.

    Raises:
        FailedPrecondition: LICENCE_NOT_ACCEPTED; MODEL_HASH_MISMATCH, MODEL_SIZE_MISMATCH, REDIRECT_REFUSED;
            ONNX_EXTERNAL_DATA, MODEL_UNSUITABLE; FOLDER_UNUSABLE.
        Unavailable: MODEL_DOWNLOAD_FAILED.
        InvalidInput: ARCHIVE_UNSAFE, ARCHIVE_DAMAGED, ARCHIVE_INCOMPLETE.
        AlreadyExists: FOLDER_IN_USE, DOWNLOAD_RUNNING.
        ResourceExhausted: DISK_FULL.
    Whatever is raised, `folder` is as it was.
    """
    with told_disk_errors():
        acceptance = accept(pack, folder, accepts=accepts)
        if not _is_current(pack, folder):
            with new_pack(folder, pack.name) as built, _files(pack, folder, settings, progress) as files:
                files.put(pack, built)
                write_manifest(
                    pack.described(_entries(pack, "detector", built), _entries(pack, "embedder", built)), built
                )
                if (folder / SIGNED_LICENCE).is_file():
                    copy_into(folder / SIGNED_LICENCE, built, SIGNED_LICENCE)
                if acceptance:
                    acceptance.write(built)
        elif acceptance and not acceptance_of(folder):
            acceptance.write(folder)
        return load_pack(folder)


@contextlib.contextmanager
def _files(pack: PublishedPack, folder: Path, settings: ModelSettings, progress: Progress) -> Iterator[PublishedFiles]:
    with download_client(trusted_certificates(settings)) as client:
        downloads = Downloads(settings.downloads_dir, client)
        yield PublishedFiles(downloads, settings.mirror, _pins(pack, folder), progress)


def _check_hash(path: Path, expected: str) -> None:
    try:
        verify_file(path, expected)
    except FailedPrecondition as error:
        message = f"{path.name} has not the SHA-256 {expected}; nothing was kept; use another mirror"
        raise FailedPrecondition("MODEL_HASH_MISMATCH", message) from error


def _entries(pack: PublishedPack, part: str, folder: Path) -> list[ModelFile]:
    return [model_file(folder, "model", file.path) for file in pack.files if file.part == part]


def _pins(pack: PublishedPack, folder: Path) -> Pins:
    """What an earlier pull pinned."""
    with contextlib.suppress(FailedPrecondition):
        return {file.path: file.sha256 for file in load_pack(folder).files if load_pack(folder).name == pack.name}
    return {}


def _is_current(pack: PublishedPack, folder: Path) -> bool:
    try:
        there = load_pack(folder)
        there.verify()
    except FailedPrecondition:
        return False
    hashes = {file.path: file.sha256 for file in there.files}
    is_listed = all(hashes.get(file.path) == (file.sha256 or hashes.get(file.path)) for file in pack.files)
    return (
        is_listed
        and (there.name, there.version) == (pack.name, pack.version)
        and hashes.keys() == {file.path for file in pack.files}
    )
